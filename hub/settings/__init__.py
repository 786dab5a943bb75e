"""The settings: what there is to set, how a value is checked, and the four places a value can come from."""

from hub.settings.load import load_settings
from hub.settings.rules import Network, seconds
from hub.settings.sections import (
    ApiSettings,
    ConstraintSettings,
    DeliverySettings,
    IntakeSettings,
    ListSettings,
    LogSettings,
    MailSettings,
    RetentionSettings,
    SecuritySettings,
    ServerSettings,
    Settings,
    SourceSettings,
    StoreSettings,
)

__all__ = [
    "ApiSettings",
    "ConstraintSettings",
    "DeliverySettings",
    "IntakeSettings",
    "ListSettings",
    "LogSettings",
    "MailSettings",
    "Network",
    "RetentionSettings",
    "SecuritySettings",
    "ServerSettings",
    "Settings",
    "SourceSettings",
    "StoreSettings",
    "load_settings",
    "seconds",
]
