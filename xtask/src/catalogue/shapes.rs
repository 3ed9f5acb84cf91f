//! The shapes that operations reach, numbered, equal ones once.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::model::{Dumped, MemberModel, Namespace, ShapeModel};

/// A shape as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) sensitive: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Structure {
        union: bool,
        events: bool,
        payload: Option<String>,
        namespace: Option<(String, Option<String>)>,
        xml_name: Option<String>,
        members: Vec<Member>,
    },
    List {
        member: u32,
        flattened: bool,
        name: Option<String>,
    },
    Map {
        key: u32,
        value: u32,
        flattened: bool,
        key_name: Option<String>,
        value_name: Option<String>,
    },
    String,
    Blob {
        streaming: bool,
    },
    Integer,
    Long,
    Float,
    Double,
    Boolean,
    Timestamp(u8),
    Document,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) shape: u32,
    /// Body, header, headers, uri, query, status code: 0 to 5.
    pub(super) location: u8,
    pub(super) location_name: Option<String>,
    pub(super) required: bool,
    pub(super) idempotency: bool,
    pub(super) flattened: bool,
    pub(super) xml_attribute: bool,
    pub(super) host_label: bool,
    pub(super) json_value: bool,
    pub(super) streaming: bool,
    /// None, iso8601, unix, rfc822: 0 to 3.
    pub(super) timestamp: u8,
    pub(super) query_name: Option<String>,
    pub(super) namespace: Option<(String, Option<String>)>,
}

/// Numbers shapes as they are asked for.
pub(super) struct Numbering<'a> {
    service: &'a Dumped,
    by_name: BTreeMap<&'a str, u32>,
    by_content: HashMap<Shape, u32>,
    shapes: Vec<Option<Shape>>,
    open: VecDeque<(&'a str, u32)>,
}

impl<'a> Numbering<'a> {
    pub(super) fn new(service: &'a Dumped) -> Self {
        let (by_name, by_content, shapes, open) = Default::default();
        Self { service, by_name, by_content, shapes, open }
    }

    /// The number of a shape. Shapes that hold no structure are equal when their content is; structures are told apart
    /// by name, so that they may hold themselves.
    pub(super) fn number(&mut self, name: &'a str) -> u32 {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        let Some(model) = self.service.shapes.get(name) else {
            return self.of_content(Shape { kind: Kind::Document, sensitive: true });
        };
        if model.kind == "structure" && !model.document {
            let number = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
            self.by_name.insert(name, number);
            self.shapes.push(None);
            self.open.push_back((name, number));
            return number;
        }
        if self.holds_itself(model, name, 0) {
            let number = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
            self.by_name.insert(name, number);
            self.shapes.push(None);
            let shape = self.simple(model);
            if let Some(slot) = self.shapes.get_mut(number as usize) {
                *slot = Some(shape);
            }
            return number;
        }
        let shape = self.simple(model);
        let number = self.of_content(shape);
        self.by_name.insert(name, number);
        number
    }

    /// Whether a list or map holds itself without a structure between.
    fn holds_itself(&self, model: &ShapeModel, name: &str, depth: usize) -> bool {
        [&model.member, &model.value].into_iter().flatten().any(|member| {
            member.shape == name
                || depth < 8
                    && self.service.shapes.get(&member.shape).is_some_and(|inner| {
                        inner.kind != "structure" && self.holds_itself(inner, name, depth + 1)
                    })
        })
    }

    fn of_content(&mut self, shape: Shape) -> u32 {
        if let Some(number) = self.by_content.get(&shape) {
            return *number;
        }
        let number = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
        self.shapes.push(Some(shape.clone()));
        self.by_content.insert(shape, number);
        number
    }

    /// A shape that is no structure.
    fn simple(&mut self, model: &'a ShapeModel) -> Shape {
        let name_of =
            |member: &Option<MemberModel>| member.as_ref().and_then(|member| member.location_name.clone());
        let kind = match model.kind.as_str() {
            "list" => Kind::List {
                member: self.of_member(&model.member),
                flattened: model.flattened,
                name: name_of(&model.member),
            },
            "map" => Kind::Map {
                key: self.of_member(&model.key),
                value: self.of_member(&model.value),
                flattened: model.flattened,
                key_name: name_of(&model.key),
                value_name: name_of(&model.value),
            },
            "string" | "character" => Kind::String,
            "blob" => Kind::Blob { streaming: model.streaming },
            "integer" | "short" | "byte" => Kind::Integer,
            "long" | "bigInteger" => Kind::Long,
            "float" => Kind::Float,
            "double" | "bigDecimal" => Kind::Double,
            "boolean" => Kind::Boolean,
            "timestamp" => Kind::Timestamp(timestamp(model.timestamp_format.as_deref())),
            _ => Kind::Document,
        };
        Shape { kind, sensitive: model.sensitive }
    }

    fn of_member(&mut self, member: &'a Option<MemberModel>) -> u32 {
        match member {
            Some(member) => self.number(&member.shape),
            None => self.of_content(Shape { kind: Kind::Document, sensitive: true }),
        }
    }

    /// All shapes that were asked for and what they hold.
    pub(super) fn finish(mut self) -> Vec<Shape> {
        while let Some((name, number)) = self.open.pop_front() {
            let Some(model) = self.service.shapes.get(name) else { continue };
            let shape = self.structure(model);
            if let Some(slot) = self.shapes.get_mut(number as usize) {
                *slot = Some(shape);
            }
        }
        let document = Shape { kind: Kind::Document, sensitive: true };
        self.shapes.into_iter().map(|shape| shape.unwrap_or_else(|| document.clone())).collect()
    }

    fn structure(&mut self, model: &'a ShapeModel) -> Shape {
        // Events are not described: nobody judges a stream by its bytes.
        let members = if model.eventstream { &[] } else { model.members.as_slice() };
        let members = members
            .iter()
            .map(|(name, member)| Member {
                name: name.clone(),
                shape: self.number(&member.shape),
                location: match member.location.as_deref() {
                    Some("header") => 1,
                    Some("headers") => 2,
                    Some("uri") => 3,
                    Some("querystring") => 4,
                    Some("statusCode") => 5,
                    _ => 0,
                },
                location_name: member.location_name.clone(),
                required: model.required.contains(name),
                idempotency: member.idempotency_token,
                flattened: member.flattened,
                xml_attribute: member.xml_attribute,
                host_label: member.host_label,
                json_value: member.jsonvalue,
                streaming: member.streaming,
                timestamp: timestamp(member.timestamp_format.as_deref()),
                query_name: member.query_name.clone(),
                namespace: namespace(&member.xml_namespace),
            })
            .collect();
        let kind = Kind::Structure {
            union: model.union,
            events: model.eventstream,
            payload: model.payload.clone(),
            namespace: namespace(&model.xml_namespace),
            xml_name: model.location_name.clone(),
            members,
        };
        Shape { kind, sensitive: model.sensitive }
    }
}

fn timestamp(format: Option<&str>) -> u8 {
    match format {
        Some("iso8601") => 1,
        Some("unixTimestamp") => 2,
        Some("rfc822") => 3,
        _ => 0,
    }
}

fn namespace(namespace: &Option<Namespace>) -> Option<(String, Option<String>)> {
    namespace.as_ref().map(|namespace| (namespace.uri().to_owned(), namespace.prefix().map(str::to_owned)))
}
