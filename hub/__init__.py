"""qos-hub: holds, pulls, notifies, reports and warns of degradations of the customer's quality of service."""

__version__ = "0.1.0"
