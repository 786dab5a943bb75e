"""What `serve` would do with these settings, told without doing it."""

from collections.abc import Iterator

from hub.access.configured import check_jwt, told_of_keys
from hub.api.app import operation_ids
from hub.api.extensions import load_extensions
from hub.bootstrap import Contracts, check_contracts, check_tracing, wake_keys
from hub.bootstrap.mail import check_mail
from hub.bootstrap.reporting import make_press
from hub.constraints.expected import read_expectations
from hub.constraints.topology import read_topology
from hub.intake.adapters import installed_adapters
from hub.intake.configured import check_sources
from hub.serve import asks_for_credentials, refuse_open_door
from hub.settings import Settings


def check(settings: Settings) -> Iterator[str]:
    """One line a finding. Raises InvalidSettings with all that is wrong."""
    refuse_open_door(settings)
    check_jwt(settings.jwt)
    check_tracing(settings)
    read_topology(settings.constraints.topology)
    read_expectations(settings.constraints.expected)
    keys = told_of_keys(settings.jwt) if settings.jwt.issuer else None
    contracts = Contracts.shipped()
    check_contracts(contracts)
    served = sum(len(operation_ids(each)) for each in (contracts.v5, contracts.v4, contracts.operations))
    sources = check_sources(settings)
    wake_keys(settings)
    check_mail(settings.mail)
    press = make_press(settings)
    types = load_extensions(settings.api.extension_schemas).names()
    delivery = settings.delivery
    yield f"listens at     {settings.server.base_url} with the roles {', '.join(settings.server.roles)}"
    yield f"callers        {_callers(settings) if asks_for_credentials(settings) else 'need no key: loopback only'}"
    if keys:
        yield f"token keys     {keys}"
    yield f"keeps          {settings.store.database} (synchronous {settings.store.synchronous})"
    yield f"serves         {served} operations, each with its handler"
    yield f"own types      {', '.join(types) or 'none registered'}"
    networks = ", ".join(str(network) for network in delivery.allowed_networks) or "public addresses only"
    yield f"reports        {len(press.definitions)} of the configuration, for {len(press.audiences)} audiences"
    yield f"mails          {_mails(settings)}"
    yield f"calls back     {networks}; by {' or '.join(delivery.schemes)}, with {delivery.transport}"
    total = sum(delivery.schedule) / 3600
    yield f"tries again    {len(delivery.schedule)} times over {total:.1f} h, then keeps a dead letter"
    yield f"measured at    {', '.join(_measured_at(settings)) or 'no address: set [metrics] listen'}"
    yield f"traces         {_traces(settings)}"
    yield f"adapters       {', '.join(sorted(installed_adapters())) or 'none installed'}"
    for name, checked in sources.items():
        source = settings.sources[name]
        files = " under ".join(str(file) for file in reversed(checked.mapping_files))
        yield f"source         {name}: {source.adapter}, every {settings.interval_of(source):g} s, mapping {files}"
    for name, source in settings.sources.items():
        if not source.enabled:
            yield f"source         {name}: switched off"
    if not settings.sources:
        yield "sources        none"
    for name, of_list in settings.lists.items():
        when = f"every {of_list.interval:g} s" if of_list.enabled else "switched off"
        yield f"list           {name}: {of_list.place}, {when}"


def _mails(settings: Settings) -> str:
    mail = settings.mail
    if not mail.host:
        return "none are sent"
    user = f"as {mail.user}, whose password is set" if mail.user else "without a name"
    return f"from {mail.sender} by {mail.host}:{mail.port} ({mail.protection}) {user}, with {mail.content}s"


def _measured_at(settings: Settings) -> Iterator[str]:
    if "api" in settings.server.roles:
        yield f"{settings.server.base_url}/metrics"
    if settings.metrics.listen:
        yield f"http://{settings.metrics.listen}/metrics"


def _traces(settings: Settings) -> str:
    tracing = settings.tracing
    if tracing.endpoint:
        return f"{tracing.sample_ratio:.0%} of what begins here, to {tracing.endpoint}"
    return "passed on, not recorded" if tracing.pass_on else "none"


def _callers(settings: Settings) -> str:
    return f"need a key, or a token of {settings.jwt.issuer}" if settings.jwt.issuer else "need a key"
