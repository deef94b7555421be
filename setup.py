"""What pyproject.toml has no words for: a wheel carries the folders migrations/ and forms/ inside the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("migrations", "forms")


class BuildWithFolders(build_py):
    """Copies the folders beside the package into it; an editable install finds them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for folder in FOLDERS:
                target = Path(self.build_lib, "surveyapp", folder)
                shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithFolders})
