"""A client's folder and the one gate to evaluate it."""

from fairlead.project.project import LOCK_FILE, Project, open
from fairlead.project.settings import SETTINGS_FILE, ConnectorSettings, ProjectSettings, read_settings

__all__ = [
    "LOCK_FILE",
    "SETTINGS_FILE",
    "ConnectorSettings",
    "Project",
    "ProjectSettings",
    "open",
    "read_settings",
]
