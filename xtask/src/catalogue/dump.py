"""Prints botocore's service models as JSON lines, one service a line, without documentation.

Run by `cargo xtask catalogue`. It changes no meaning: it only drops what the table has no use for (documentation,
patterns, enum values, exceptions) and adds what stands beside the model (older API versions, signing names that only
the endpoint rules tell, paginators).
"""

import json
import re
import sys

import botocore
import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointResolutionError

DROPPED_FROM_SHAPES = {
    "documentation", "pattern", "enum", "min", "max", "deprecatedMessage", "deprecatedSince", "error", "fault",
    "retryable", "synthetic", "box", "deprecated",
}
DROPPED_FROM_MEMBERS = {"documentation", "deprecatedMessage", "deprecatedSince", "box", "enum", "contextParam"}
KEPT_OF_OPERATIONS = (
    "http", "input", "output", "endpoint", "authtype", "auth", "unsignedPayload", "httpChecksumRequired",
    "httpChecksum", "idempotent", "readonly", "deprecated",
)


def lean(shape):
    """The shape without what is dropped."""
    kept = {key: value for key, value in shape.items() if key not in DROPPED_FROM_SHAPES}
    if "members" in kept:
        kept["members"] = [
            [name, {key: value for key, value in member.items() if key not in DROPPED_FROM_MEMBERS}]
            for name, member in kept["members"].items()
        ]
    for part in ("member", "key", "value"):
        if part in kept:
            kept[part] = {key: value for key, value in kept[part].items() if key not in DROPPED_FROM_MEMBERS}
    return kept


def operation(model):
    """The operation without what is dropped."""
    kept = {key: model[key] for key in KEPT_OF_OPERATIONS if key in model}
    for side in ("input", "output"):
        kept.get(side, {}).pop("documentation", None)
    return kept


def endpoint(rules, partitions, region):
    """The host and signing region that the endpoint rules give for a region of the `aws` partition."""
    provider = EndpointProvider(rules, partitions)
    known = {"Region": region, "UseFIPS": False, "UseDualStack": False}
    declared = provider.ruleset.parameters
    found = provider.resolve_endpoint(**{key: value for key, value in known.items() if key in declared})
    schemes = (found.properties or {}).get("authSchemes") or [{}]
    return found.url.removeprefix("https://").rstrip("/"), schemes[0].get("signingRegion", region)


def hosts(rules, partitions, prefix):
    """The host with `{region}` in it; or, when all regions share one, that host and its signing region."""
    try:
        one, other = (endpoint(rules, partitions, region) for region in ("eu-west-1", "ap-south-2"))
    except EndpointResolutionError:  # The rules want an ARN or an endpoint id before they tell a host.
        return prefix + ".{region}.amazonaws.com", None
    if one[0] == other[0]:
        return one[0], {"host": one[0], "region": one[1] if one[1] == other[1] else "us-east-1"}
    return one[0].replace("eu-west-1", "{region}"), None


def main():
    """Prints every service."""
    wanted = sys.argv[1]
    if botocore.__version__ != wanted:
        sys.exit(f"botocore {wanted} is wanted, {botocore.__version__} is installed")
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    for name in sorted(loader.list_available_services("service-2")):
        model = loader.load_service_model(name, "service-2")
        versions = loader.list_api_versions(name, "service-2")
        rules = loader.load_service_model(name, "endpoint-rule-set-1")
        try:
            pages = loader.load_service_model(name, "paginators-1")["pagination"]
        except Exception:  # A service without paginators has no such file.
            pages = {}
        host, shared = hosts(rules, partitions, model["metadata"]["endpointPrefix"])
        signing = set(re.findall(r'"signingName": "([a-z0-9-]+)"', json.dumps(rules)))
        line = {
            "name": name,
            "metadata": model["metadata"],
            "versions": sorted(versions),
            "signing_names": sorted(signing),
            "host": host,
            "global": shared,
            "operations": {key: operation(value) for key, value in sorted(model["operations"].items())},
            "pages": pages,
            "shapes": {
                key: lean(value) for key, value in model["shapes"].items() if not value.get("exception")
            },
        }
        json.dump(line, sys.stdout, separators=(",", ":"))
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
