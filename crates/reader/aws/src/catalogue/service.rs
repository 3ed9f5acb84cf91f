//! One service.

use std::sync::Arc;

use super::{Kind, Operation, Shape, ShapeId, Structure};

/// A wire protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Method and path; JSON body.
    RestJson,
    /// `X-Amz-Target`; JSON body, version 1.0.
    Json10,
    /// `X-Amz-Target`; JSON body, version 1.1.
    Json11,
    /// A form with `Action` and `Version`; XML answers.
    Query,
    /// As query, with EC2's own names and answers.
    Ec2,
    /// Method and path; XML body.
    RestXml,
    /// `Smithy-Protocol: rpc-v2-cbor`.
    Cbor,
}

impl Protocol {
    /// Whether method and path say which operation it is.
    pub fn is_rest(self) -> bool {
        matches!(self, Self::RestJson | Self::RestXml)
    }
}

/// What is known of a service before its operations are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The service's name in clients and in Interlock: `rds`, `elbv2`.
    pub name: &'static str,
    /// The model's service id: `RDS`, `Elastic Load Balancing v2`.
    pub service_id: &'static str,
    /// What it speaks, preferred first.
    pub protocols: Vec<Protocol>,
    /// The latest API version: the `Version` of the query protocols.
    pub api_version: &'static str,
    /// Older API versions that are accepted and read as the latest.
    pub older_versions: Vec<&'static str>,
    /// The name in the credential scope.
    pub signing_name: &'static str,
    /// Further signing names that its endpoint rules use: `s3-outposts`, `s3express`.
    pub signing_aliases: Vec<&'static str>,
    /// The prefix of the endpoint's host.
    pub endpoint_prefix: &'static str,
    /// What stands before the dot in `X-Amz-Target`, and as the service in rpc-v2-cbor paths.
    pub target_prefix: Option<&'static str>,
    /// The XML namespace of answers.
    pub xml_namespace: Option<&'static str>,
    /// Whether errors carry `x-amzn-query-error` (a service that moved from query to JSON or CBOR).
    pub query_compatible: bool,
    /// The IAM prefix of its actions: `elasticloadbalancing`.
    pub iam_prefix: Option<&'static str>,
    /// The host in the `aws` partition, as the service's endpoint rules give it without further parameters, with
    /// `{region}` in it: `rds.{region}.amazonaws.com`. Host prefixes of operations come before it.
    pub host: &'static str,
    /// What stands before every path at the real endpoint; nearly always empty: `/v2`.
    pub base_path: &'static str,
    /// Where the whole partition shares one endpoint.
    pub global: Option<GlobalEndpoint>,
    /// How many operations it has.
    pub operation_count: usize,
    /// Whether any of them is called unsigned.
    pub has_no_auth: bool,
}

impl Summary {
    /// Whether a credential scope with this service name may be meant for it.
    pub fn signs_as(&self, name: &str) -> bool {
        self.signing_name == name || self.signing_aliases.contains(&name)
    }
}

/// An endpoint that a whole partition shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalEndpoint {
    /// The host in the `aws` partition: `iam.amazonaws.com`.
    pub host: &'static str,
    /// The region in the credential scope: `us-east-1`.
    pub region: &'static str,
}

/// A service, decoded.
#[derive(Clone, Debug)]
pub struct Service {
    /// Names, protocols, endpoints.
    pub summary: Summary,
    /// Sorted by name.
    pub operations: Vec<Arc<Operation>>,
    /// What [`ShapeId`]s point to.
    pub shapes: Vec<Shape>,
}

impl std::ops::Deref for Service {
    type Target = Summary;
    fn deref(&self) -> &Summary {
        &self.summary
    }
}

impl Service {
    /// The operation of that name, letter case included.
    pub fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        let at = self.operations.binary_search_by(|have| have.name.cmp(name)).ok()?;
        self.operations.get(at)
    }

    /// The shape.
    pub fn shape(&self, id: ShapeId) -> Option<&Shape> {
        self.shapes.get(id.0 as usize)
    }

    /// The members of a structure shape; `None` if it is another kind of shape.
    pub fn structure(&self, id: ShapeId) -> Option<&Structure> {
        match &self.shape(id)?.kind {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    /// The input structure of an operation; `None` if it takes no parameters.
    pub fn input(&self, operation: &Operation) -> Option<&Structure> {
        self.structure(operation.input?)
    }

    /// The output structure of an operation; `None` if it answers nothing.
    pub fn output(&self, operation: &Operation) -> Option<&Structure> {
        self.structure(operation.output?)
    }
}
