"""What is read of all metrics, as text in the form of Prometheus."""

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.registry import Collector

from hub.telemetry.histogram import Histogram
from hub.telemetry.metric import Metric, Reader, Reading

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Exposition:
    """Asks its readers anew each time; with the process's own CPU time, memory and open files."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Readers(readers))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _Readers(Collector):
    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers

    def describe(self) -> Iterable[Family]:
        """Nothing: the registry would read everything to learn names that cannot clash."""
        return ()

    def collect(self) -> Iterator[Family]:
        found: dict[str, Family] = {}
        for reader in self._readers:
            for reading in reader():
                name = reading.metric.name
                if name not in found:
                    found[name] = _family(reading.metric)
                _add(found[name], reading)
        yield from found.values()


def _family(metric: Metric) -> Family:
    match metric.kind:
        case "counter":
            return CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        case "gauge":
            return GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
        case "histogram":
            return HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)


def _add(family: Family, reading: Reading) -> None:
    if isinstance(reading.value, Histogram):
        histogram = reading.value
        cast(HistogramMetricFamily, family).add_metric(reading.values, histogram.cumulative(), histogram.sum)
    else:
        cast(GaugeMetricFamily, family).add_metric(reading.values, reading.value)
