//! One operation of a service.

use super::{Route, ShapeId};

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `DescribeInstances`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path template, with labels `{Key}` or greedy `{Key+}` and, after `?`, query literals: `/{Bucket}?acl`.
    pub uri: &'static str,
    /// The same, taken apart.
    pub route: Route,
    /// The shape of the parameters; always a [`super::Kind::Structure`].
    pub input: Option<ShapeId>,
    /// The element name of the input in rest-xml.
    pub input_name: Option<&'static str>,
    /// The XML namespace of the input in rest-xml.
    pub input_namespace: Option<&'static str>,
    /// The shape of the answer.
    pub output: Option<ShapeId>,
    /// The element around the answer in the query protocol: `DescribeDBInstancesResult`.
    pub result_wrapper: Option<&'static str>,
    /// The status of success that the model names.
    pub response_code: Option<u16>,
    /// The published access level, worst of the sources.
    pub access: Access,
    /// The IAM actions that authorise it: `s3:PutObject`. Empty where no source says.
    pub iam_actions: Vec<&'static str>,
    /// The resource types it acts on, with their ARN formats.
    pub resources: Vec<ResourceRef>,
    /// Input members that are idempotency tokens.
    pub idempotency_tokens: Vec<&'static str>,
    /// The input member that is the whole body.
    pub payload: Option<&'static str>,
    /// The input payload is a blob (not a structure).
    pub blob_payload: bool,
    /// The input payload is a blob that streams.
    pub streaming: bool,
    /// The input carries an event stream.
    pub events_in: bool,
    /// The answer is an event stream.
    pub events_out: bool,
    /// Is called unsigned.
    pub no_auth: bool,
    /// Is signed with `UNSIGNED-PAYLOAD`.
    pub unsigned_payload: bool,
    /// The body needs a checksum header (Content-MD5 or a flexible one).
    pub checksum_required: bool,
    /// The input member that names the checksum algorithm.
    pub checksum_member: Option<&'static str>,
    /// A prefix of the host: `{AccountId}.`, `api.`.
    pub host_prefix: Option<&'static str>,
    /// Paths into the answer where the id or ARN of what the operation makes stands: `Vpc.VpcId`,
    /// `Instances[].InstanceId`. Only what is new; never a thing that was there before. Immutable ids and ARNs first.
    pub created: Vec<&'static str>,
    /// The answer carries credentials, passwords or tokens that open something.
    pub credentials_out: bool,
    /// The answer carries a presigned URL or another address that works without a signature.
    pub presigned_out: bool,
    /// Marked deprecated in the model.
    pub deprecated: bool,
    /// How its answers are continued, where they come in pages.
    pub pages: Option<Box<Pages>>,
}

/// How answers that come in pages are continued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Input members that take the tokens.
    pub inputs: Vec<&'static str>,
    /// Paths into the answer where the tokens stand, in the order of `inputs`. A path may have alternatives:
    /// `NextMarker || Contents[-1].Key`.
    pub outputs: Vec<&'static str>,
    /// The path into the answer of the flag that says whether there is more; else: there is more if there is a token.
    pub more: Option<&'static str>,
    /// The paths of the lists that the pages add up to.
    pub results: Vec<&'static str>,
}

/// The published access level of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Names what is there.
    List,
    /// Reads what is there.
    Read,
    /// Sets or removes tags only.
    Tagging,
    /// Changes something.
    Write,
    /// Changes who may do what.
    Permissions,
    /// No source says: judged as a write, and held.
    Unknown,
}

impl Access {
    /// Whether the sources say that nothing changes.
    pub fn is_read(self) -> bool {
        matches!(self, Self::List | Self::Read)
    }
}

/// A resource type that an operation acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRef {
    /// The type's name in the service reference: `db`, `bucket`.
    pub kind: &'static str,
    /// The service reference marks it as required for the action.
    pub required: bool,
    /// The ARN format: `arn:${Partition}:rds:${Region}:${Account}:db:${DbInstanceName}`.
    pub arn: &'static str,
    /// Input members that hold the whole ARN already (or, where the service takes either, a name or an ARN: look at
    /// the value).
    pub arn_members: Vec<&'static str>,
    /// Which input members fill the format's variables. A variable without an entry is not known from the input;
    /// Partition, Region and Account never come from the input.
    pub fills: Vec<Fill>,
}

impl ResourceRef {
    /// The variables of the format other than Partition, Region and Account.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.arn
            .split("${")
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
            .filter(|name| !matches!(*name, "Partition" | "Region" | "Account"))
    }

    /// The input member path that fills a variable.
    pub fn fill(&self, variable: &str) -> Option<&Fill> {
        self.fills.iter().find(|fill| fill.variable == variable)
    }
}

/// An input member that fills a variable of an ARN format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The variable, without `${}`.
    pub variable: &'static str,
    /// The path of the member, `[]` after a list: `DBInstanceIdentifier`, `InstanceIds[]`.
    pub member: &'static str,
    /// The names match exactly (letter case and separators aside); else the match was derived.
    pub exact: bool,
}
