"""Problems of triggers in Zabbix, over its JSON-RPC API."""

from adapters.zabbix.source import Zabbix, make

__all__ = ["Zabbix", "make"]
