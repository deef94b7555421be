def list_changes(old, new):
    return []
