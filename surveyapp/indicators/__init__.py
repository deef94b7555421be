"""What the survey was made for: indicators per household, and estimates with their errors per village and project."""
