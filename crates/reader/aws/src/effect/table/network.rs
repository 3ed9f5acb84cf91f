//! Operations that change who can reach what.

use interlock_action::Effect::{Create, Destroy, Expose, Interrupt, Network, Update};
use interlock_action::{Claim, Effect};

use super::Row;
use crate::effect::{Subject, verb};

const REACH: &str = "changes who can reach what";
const TRAFFIC: &str = "changes where callers arrive";

pub(super) const ROWS: &[Row] = &[
    (
        "ec2",
        &["UpdateSecurityGroupRuleDescriptions*"],
        &[Update],
        "changes descriptions of security group rules",
    ),
    (
        "ec2",
        &[
            "CreateSecurityGroup",
            "CreateVpc",
            "CreateDefaultVpc",
            "CreateSubnet",
            "CreateDefaultSubnet",
            "CreateRouteTable",
            "CreateInternetGateway",
            "CreateEgressOnlyInternetGateway",
            "CreateNatGateway",
            "CreateNetworkAcl",
            "CreateNetworkInterface",
            "CreateDhcpOptions",
            "CreateManagedPrefixList",
            "CreateCustomerGateway",
            "CreateVpnGateway",
            "CreateTransitGateway",
            "CreateTransitGatewayRouteTable",
            "AllocateAddress",
        ],
        &[Create],
        "makes a part of a network that nothing goes through yet",
    ),
    (
        "ec2",
        &[
            "DeleteSecurityGroup",
            "DeleteVpc",
            "DeleteSubnet",
            "DeleteRouteTable",
            "DeleteInternetGateway",
            "DeleteEgressOnlyInternetGateway",
            "DeleteNetworkAcl",
            "DeleteNetworkInterface",
            "DeleteDhcpOptions",
            "DeleteManagedPrefixList",
            "DeleteCustomerGateway",
            "DeleteVpnGateway",
            "DeleteTransitGateway",
            "DeleteTransitGatewayRouteTable",
        ],
        &[Destroy],
        "removes a part of a network",
    ),
    (
        "ec2",
        &[
            "DeleteNatGateway",
            "DeleteVpcEndpoints",
            "DeleteVpcPeeringConnection",
            "DeleteVpnConnection",
            "DeleteTransitGatewayVpcAttachment",
            "DeleteTransitGatewayPeeringAttachment",
            "DeleteVpcEndpointServiceConfigurations",
        ],
        &[Network, Destroy],
        "removes a way that traffic takes",
    ),
    (
        "ec2",
        &["AssociateAddress"],
        &[Network],
        "gives a machine a public address, taking it from another if asked",
    ),
    (
        "ec2",
        &["DisassociateAddress", "DetachNetworkInterface", "DetachInternetGateway", "DetachVpnGateway"],
        &[Network, Interrupt],
        "cuts a way that traffic takes",
    ),
    (
        "ec2",
        &["ReplaceNetworkAclAssociation"],
        &[Network, Interrupt],
        "puts a whole subnet under other network rules at once",
    ),
    (
        "ec2",
        &["ReplaceRouteTableAssociation", "DisassociateRouteTable"],
        &[Network, Interrupt],
        "puts a whole subnet under other routes at once",
    ),
    (
        "route53domains",
        &["UpdateDomainNameservers"],
        &[Network, Interrupt],
        "hands every name of the domain to other name servers",
    ),
    ("ec2", &["ReleaseAddress"], &[Destroy], "gives the public address back; it cannot be had again"),
    (
        "ec2",
        &[
            "AttachInternetGateway",
            "AttachVpnGateway",
            "AttachNetworkInterface",
            "AssociateDhcpOptions",
            "AssociateVpcCidrBlock",
            "AssociateSubnetCidrBlock",
            "DisassociateVpcCidrBlock",
            "DisassociateSubnetCidrBlock",
            "AttachClassicLinkVpc",
            "DetachClassicLinkVpc",
        ],
        &[Network],
        REACH,
    ),
    ("elbv2", &["SetSecurityGroups", "SetSubnets", "SetIpAddressType"], &[Network], REACH),
    (
        "elb",
        &[
            "ApplySecurityGroupsToLoadBalancer",
            "AttachLoadBalancerToSubnets",
            "DetachLoadBalancerFromSubnets",
        ],
        &[Network],
        REACH,
    ),
    ("rds", &["AuthorizeDBSecurityGroupIngress", "RevokeDBSecurityGroupIngress"], &[Network], REACH),
    (
        "elasticache",
        &["AuthorizeCacheSecurityGroupIngress", "RevokeCacheSecurityGroupIngress"],
        &[Network],
        REACH,
    ),
    (
        "redshift",
        &[
            "AuthorizeClusterSecurityGroupIngress",
            "RevokeClusterSecurityGroupIngress",
            "AuthorizeEndpointAccess",
            "RevokeEndpointAccess",
        ],
        &[Network],
        REACH,
    ),
    ("efs", &["ModifyMountTargetSecurityGroups"], &[Network], REACH),
    ("efs", &["CreateMountTarget"], &[Create, Network], "makes the file system reachable in a subnet"),
    ("efs", &["DeleteMountTarget"], &[Network, Interrupt], "takes the file system out of reach of a subnet"),
    (
        "lightsail",
        &[
            "OpenInstancePublicPorts",
            "PutInstancePublicPorts",
            "CloseInstancePublicPorts",
            "PeerVpc",
            "UnpeerVpc",
        ],
        &[Network],
        REACH,
    ),
    (
        "wafv2",
        &["UpdateWebACL", "UpdateIPSet", "UpdateRuleGroup", "UpdateRegexPatternSet", "AssociateWebACL"],
        &[Network],
        "changes what a web firewall lets through",
    ),
    (
        "waf",
        &["UpdateWebACL", "UpdateIPSet", "UpdateRule", "UpdateRuleGroup"],
        &[Network],
        "changes what a web firewall lets through",
    ),
    (
        "waf-regional",
        &["UpdateWebACL", "UpdateIPSet", "UpdateRule", "UpdateRuleGroup", "AssociateWebACL"],
        &[Network],
        "changes what a web firewall lets through",
    ),
    (
        "network-firewall",
        &[
            "UpdateRuleGroup",
            "UpdateFirewallPolicy",
            "AssociateFirewallPolicy",
            "UpdateSubnetChangeProtection",
            "AssociateSubnets",
        ],
        &[Network],
        "changes what a network firewall lets through",
    ),
    (
        "route53",
        &["AssociateVPCWithHostedZone", "DisassociateVPCFromHostedZone", "CreateVPCAssociationAuthorization"],
        &[Network],
        "changes who can look names up in a private zone",
    ),
    (
        "route53resolver",
        &[
            "AssociateResolverRule",
            "DisassociateResolverRule",
            "UpdateResolverRule",
            "DeleteResolverRule",
            "AssociateFirewallRuleGroup",
            "DisassociateFirewallRuleGroup",
            "UpdateFirewallRule",
            "DeleteFirewallRule",
            "UpdateFirewallDomains",
            "ImportFirewallDomains",
        ],
        &[Network],
        "changes where names are looked up",
    ),
    (
        "route53domains",
        &[
            "TransferDomainToAnotherAwsAccount",
            "AcceptDomainTransferFromAnotherAwsAccount",
            "TransferDomain",
            "DeleteDomain",
            "PushDomain",
        ],
        &[Network, Destroy],
        "moves or removes the domain",
    ),
    ("directconnect", &["Associate*", "Confirm*", "Update*", "Delete*", "Disassociate*"], &[Network], REACH),
    (
        "networkmanager",
        &[
            "Associate*",
            "Disassociate*",
            "ExecuteCoreNetworkChangeSet",
            "PutCoreNetworkPolicy",
            "AcceptAttachment",
            "DeleteAttachment",
        ],
        &[Network],
        REACH,
    ),
    (
        "vpc-lattice",
        &[
            "CreateServiceNetworkVpcAssociation",
            "DeleteServiceNetworkVpcAssociation",
            "CreateServiceNetworkServiceAssociation",
            "DeleteServiceNetworkServiceAssociation",
            "UpdateListener",
            "UpdateRule",
            "BatchUpdateRule",
        ],
        &[Network],
        REACH,
    ),
    (
        "globalaccelerator",
        &[
            "AllowCustomRoutingTraffic",
            "DenyCustomRoutingTraffic",
            "UpdateListener",
            "UpdateEndpointGroup",
            "AddEndpoints",
            "RemoveEndpoints",
        ],
        &[Network],
        "changes where traffic goes",
    ),
    (
        "appmesh",
        &["UpdateRoute", "UpdateGatewayRoute", "UpdateVirtualRouter"],
        &[Network],
        "changes where traffic goes",
    ),
    ("docdb-elastic", &["UpdateCluster"], &[Update], "changes a cluster"),
    (
        "ec2",
        &["EnableAddressTransfer", "AcceptAddressTransfer", "MoveAddressToVpc"],
        &[Network],
        "moves a public address",
    ),
    (
        "fsx",
        &["CreateAndAttachS3AccessPoint"],
        &[Create, Network, Expose],
        "makes another door to the files, with a policy of its own",
    ),
    (
        "directconnect",
        &[
            "AllocateConnectionOnInterconnect",
            "AllocateHostedConnection",
            "AllocatePrivateVirtualInterface",
            "AllocatePublicVirtualInterface",
            "AllocateTransitVirtualInterface",
            "CreateBGPPeer",
            "CreateDirectConnectGatewayAssociation",
            "CreateDirectConnectGatewayAssociationProposal",
            "CreatePrivateVirtualInterface",
            "CreatePublicVirtualInterface",
            "CreateTransitVirtualInterface",
        ],
        &[Create, Network],
        REACH,
    ),
    (
        "networkmanager",
        &[
            "CreateConnectAttachment",
            "CreateConnectPeer",
            "CreateCoreNetworkPrefixListAssociation",
            "CreateDirectConnectGatewayAttachment",
            "CreateSiteToSiteVpnAttachment",
            "CreateTransitGatewayPeering",
            "CreateTransitGatewayRouteTableAttachment",
            "CreateVpcAttachment",
        ],
        &[Create, Network],
        REACH,
    ),
    ("network-firewall", &["CreateProxyRules", "CreateVpcEndpointAssociation"], &[Update, Network], REACH),
    (
        "opensearch",
        &["CreateOutboundConnection", "CreateOutboundCrossClusterSearchConnection", "CreateVpcEndpoint"],
        &[Create, Network],
        REACH,
    ),
    ("redshift", &["CreateEndpointAccess"], &[Create, Network], REACH),
    ("redshift-serverless", &["CreateEndpointAccess"], &[Create, Network], REACH),
    ("kafka", &["CreateVpcConnection"], &[Create, Network], REACH),
    (
        "apigateway",
        &["CreateBasePathMapping", "CreateDomainNameAccessAssociation"],
        &[Create, Network],
        TRAFFIC,
    ),
    ("apigatewayv2", &["CreateApiMapping", "CreateRoute", "CreateRoutingRule"], &[Create, Network], TRAFFIC),
    (
        "vpc-lattice",
        &["CreateListener", "CreateRule", "CreateServiceNetworkResourceAssociation"],
        &[Create, Network],
        TRAFFIC,
    ),
    (
        "globalaccelerator",
        &["CreateEndpointGroup", "CreateCustomRoutingEndpointGroup"],
        &[Create, Network],
        TRAFFIC,
    ),
    ("elb", &["CreateLoadBalancerListeners"], &[Create, Network], TRAFFIC),
    ("lightsail", &["CreateDomainEntry"], &[Create, Network], TRAFFIC),
    ("route53", &["CreateTrafficPolicyInstance"], &[Create, Network], TRAFFIC),
    ("route53resolver", &["CreateFirewallRule"], &[Create, Network], TRAFFIC),
    ("servicediscovery", &["CreatePrivateDnsNamespace"], &[Create, Network], "answers names in a network"),
];

/// Nouns of EC2 whose every write changes reach.
const EC2_NOUNS: [&str; 24] = [
    "SecurityGroup",
    "Route",
    "NetworkAcl",
    "VpcEndpoint",
    "VpcPeering",
    "VpnConnection",
    "VgwRoute",
    "TransitGateway",
    "ClientVpn",
    "PrefixList",
    "SubnetAttribute",
    "VpcAttribute",
    "NetworkInterfaceAttribute",
    "BlockPublicAccess",
    "LocalGateway",
    "InternetGateway",
    "VpnGateway",
    "NatGateway",
    "VerifiedAccess",
    "VpcClassicLink",
    "CarrierGateway",
    "PrivateDnsName",
    "VpnTunnel",
    "SecurityGroupVpc",
];

/// EC2's hundreds of network operations, by noun; whatever only makes or removes a thing of its own says its verb too.
pub(super) fn claims(subject: &Subject<'_>) -> Vec<Claim> {
    let network = subject.service == "ec2"
        && !subject.access.is_read()
        && EC2_NOUNS.iter().any(|noun| subject.operation.contains(noun));
    if !network {
        return Vec::new();
    }
    let mut claims = vec![Claim::plain(Network, verb::sentence(Network, subject.operation))];
    let effect = verb::effect(subject.operation);
    // Taking a rule from a group interrupts only what uses the group: a rule looks.
    if matches!(effect, Effect::Create | Effect::Destroy | Effect::Interrupt)
        && verb::verb(subject.operation) != "Revoke"
    {
        claims.push(Claim::plain(effect, verb::sentence(effect, subject.operation)));
    }
    claims
}
