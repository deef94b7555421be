"""The workbook people came for, and its companions."""
