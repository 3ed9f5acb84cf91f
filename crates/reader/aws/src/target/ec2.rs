//! EC2's ids tell their type: `vol-0123456789abcdef0` is a volume wherever it stands.

/// Id prefix, resource type, and whether its ARN carries the account (snapshots and images have none).
const PREFIXES: [(&str, &str, bool); 40] = [
    ("i", "instance", true),
    ("vol", "volume", true),
    ("snap", "snapshot", false),
    ("ami", "image", false),
    ("sg", "security-group", true),
    ("sgr", "security-group-rule", true),
    ("vpc", "vpc", true),
    ("subnet", "subnet", true),
    ("rtb", "route-table", true),
    ("acl", "network-acl", true),
    ("igw", "internet-gateway", true),
    ("eigw", "egress-only-internet-gateway", true),
    ("nat", "natgateway", true),
    ("eni", "network-interface", true),
    ("eipalloc", "elastic-ip", true),
    ("pcx", "vpc-peering-connection", true),
    ("vpce", "vpc-endpoint", true),
    ("vpce-svc", "vpc-endpoint-service", true),
    ("tgw", "transit-gateway", true),
    ("tgw-attach", "transit-gateway-attachment", true),
    ("tgw-rtb", "transit-gateway-route-table", true),
    ("lt", "launch-template", true),
    ("vgw", "vpn-gateway", true),
    ("vpn", "vpn-connection", true),
    ("cgw", "customer-gateway", true),
    ("dopt", "dhcp-options", true),
    ("pl", "prefix-list", true),
    ("sir", "spot-instances-request", true),
    ("sfr", "spot-fleet-request", true),
    ("fleet", "fleet", true),
    ("fl", "vpc-flow-log", true),
    ("cr", "capacity-reservation", true),
    ("h", "dedicated-host", true),
    ("cvpn-endpoint", "client-vpn-endpoint", true),
    ("key", "key-pair", true),
    ("pg", "placement-group", true),
    ("cagw", "carrier-gateway", true),
    ("lgw", "local-gateway", true),
    ("lgw-rtb", "local-gateway-route-table", true),
    ("ipam-pool", "ipam-pool", true),
];

/// The ARN template of an id; `None` if the text is no id of a type that is known.
pub(super) fn template(id: &str) -> Option<String> {
    let (prefix, rest) = id.rsplit_once('-')?;
    let hex = rest.len() >= 8 && rest.len() <= 36 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Fleet ids are UUIDs: `sfr-73fbd2ce-aa30-494c-8788-1cee4EXAMPLE`.
    let fleet = ["sfr-", "fleet-", "sir-"].iter().find(|fleet| id.starts_with(**fleet));
    let prefix = fleet.map_or(prefix, |fleet| fleet.trim_end_matches('-'));
    if !hex && fleet.is_none() {
        return None;
    }
    let (_, kind, account) = PREFIXES.iter().find(|(have, ..)| *have == prefix)?;
    Some(format!("ec2:{{r}}:{}:{kind}/{{}}", if *account { "{a}" } else { "" }))
}
