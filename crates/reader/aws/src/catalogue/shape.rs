//! The shapes of parameters and answers, and how their members stand on the wire.

/// Names a shape among those of its service; resolve it with [`super::Service::shape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId(pub u32);

/// A shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What it is.
    pub kind: Kind,
    /// The model's `sensitive` trait: values never reach a log.
    pub sensitive: bool,
}

/// What a shape is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A structure or union.
    Structure(Box<Structure>),
    /// A list.
    List {
        /// The shape of its members.
        member: ShapeId,
        /// Whether the members stand in the place of the list (query and XML protocols).
        flattened: bool,
        /// The element name of a member in query and XML protocols, where the model gives one; else `member`.
        member_name: Option<&'static str>,
    },
    /// A map; its keys are strings.
    Map {
        /// The shape of its keys.
        key: ShapeId,
        /// The shape of its values.
        value: ShapeId,
        /// Whether the entries stand in the place of the map (query and XML protocols).
        flattened: bool,
        /// The element name of a key, where the model gives one; else `key`.
        key_name: Option<&'static str>,
        /// The element name of a value, where the model gives one; else `value`.
        value_name: Option<&'static str>,
    },
    /// Text.
    String,
    /// Bytes.
    Blob {
        /// As a payload it may be streamed and of unknown length.
        streaming: bool,
    },
    /// 32-bit.
    Integer,
    /// 64-bit.
    Long,
    /// 32-bit.
    Float,
    /// 64-bit.
    Double,
    /// True or false.
    Boolean,
    /// A point in time, with the format the shape itself fixes, if it does.
    Timestamp(Option<TimestampFormat>),
    /// Free JSON.
    Document,
}

/// How a point in time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-01-01T00:00:00Z`.
    Iso8601,
    /// Seconds since the Unix epoch, perhaps with a fraction.
    Unix,
    /// `Thu, 01 Jan 2026 00:00:00 GMT`.
    Rfc822,
}

/// The members of a structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// In the order of the model.
    pub members: Vec<Member>,
    /// The name of the member that is the whole body, if one is.
    pub payload: Option<&'static str>,
    /// Exactly one member is set.
    pub union: bool,
    /// The members are events of a stream. They are not described further: a stream is never judged by its bytes.
    pub event_stream: bool,
    /// The XML namespace that the shape itself fixes.
    pub xml_namespace: Option<XmlNamespace>,
    /// The element name that the shape itself fixes.
    pub xml_name: Option<&'static str>,
}

impl Structure {
    /// The member of that name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// A member of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name in parameters.
    pub name: &'static str,
    /// Its shape.
    pub shape: ShapeId,
    /// Where it stands on the wire.
    pub location: Location,
    /// Its name on the wire at that place; equal to `name` when the model gives none (see `named`). For
    /// [`Location::Headers`] it is the prefix; for [`Location::Header`] as the model spells it (headers ignore case).
    pub location_name: &'static str,
    /// Whether the model gives `location_name`, rather than its being `name` by default.
    pub named: bool,
    /// Must be given.
    pub required: bool,
    /// An idempotency token: filled in by clients, left out of digests.
    pub idempotency: bool,
    /// The member says `flattened` (its shape may say it too; either counts).
    pub flattened: bool,
    /// Stands as an attribute of the parent's element.
    pub xml_attribute: bool,
    /// Fills a label of the host prefix.
    pub host_label: bool,
    /// A header that carries base64 of JSON text.
    pub json_value: bool,
    /// The member says `streaming`.
    pub streaming: bool,
    /// The time format that the member fixes, stronger than the shape's.
    pub timestamp: Option<TimestampFormat>,
    /// What few members have.
    pub rare: Option<Box<Rare>>,
}

impl Member {
    /// The name in the ec2 protocol: the model's `queryName`, else the location name with its first letter upper-case.
    pub fn ec2_name(&self) -> String {
        if let Some(name) = self.rare.as_ref().and_then(|rare| rare.query_name) {
            return name.to_owned();
        }
        let mut letters = self.location_name.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// The XML namespace that the member fixes.
    pub fn xml_namespace(&self) -> Option<XmlNamespace> {
        self.rare.as_ref().and_then(|rare| rare.xml_namespace)
    }
}

/// What few members have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rare {
    /// The name in the ec2 protocol.
    pub query_name: Option<&'static str>,
    /// The XML namespace.
    pub xml_namespace: Option<XmlNamespace>,
}

/// Where a member stands on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Location {
    /// In the body (or, in the query protocols, the form).
    #[default]
    Body,
    /// One header.
    Header,
    /// All headers with a prefix; a map.
    Headers,
    /// A label of the path.
    Uri,
    /// A query key; when the shape is a map, every key of the query that no other member takes.
    Query,
    /// The status code of the answer.
    StatusCode,
}

/// An XML namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlNamespace {
    /// The URI.
    pub uri: &'static str,
    /// Its prefix, if it has one: `xsi`.
    pub prefix: Option<&'static str>,
}
