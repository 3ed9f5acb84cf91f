//! The table's binary form. The reader's `catalogue/decode.rs` is its other half; change both, and [`MAGIC`], together.
//!
//! ```text
//! file     = MAGIC, u32 length of the index frame, u32 its raw length (little endian), index frame, service frames
//! index    = strings, count, summaries                       every frame is zstd on its own
//! strings  = count, (shared prefix with the string before, rest length, rest bytes)…      sorted, unique
//! service  = count, (global string number − the one before)…, shapes, operations
//! ```
//!
//! Numbers are LEB128. In the index a text is its number in `strings`; in a service, its number in the service's own
//! list. An optional text is its number plus one, or 0.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CatalogueError,
    access::Level,
    service::{Operation, Service},
    shapes::{Kind, Member, Shape},
};

/// What the file begins with: name and version of the form.
pub(super) const MAGIC: &[u8; 8] = b"ILKCAT01";

/// A number or a text: texts are numbered once all are known.
enum Token {
    Number(u64),
    Text(String),
    Option(Option<String>),
}

/// A sequence of tokens.
#[derive(Default)]
struct Tokens(Vec<Token>);

impl Tokens {
    fn number(&mut self, number: impl TryInto<u64>) {
        self.0.push(Token::Number(number.try_into().unwrap_or(u64::MAX)));
    }
    fn text(&mut self, text: &str) {
        self.0.push(Token::Text(text.to_owned()));
    }
    fn option(&mut self, text: Option<&String>) {
        self.0.push(Token::Option(text.cloned()));
    }
    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }
    fn flags(&mut self, flags: &[bool]) {
        self.number(flags.iter().rev().fold(0_u64, |bits, flag| bits << 1 | u64::from(*flag)));
    }
    fn strings(&self) -> impl Iterator<Item = &String> {
        self.0.iter().filter_map(|token| match token {
            Token::Text(text) | Token::Option(Some(text)) => Some(text),
            Token::Number(_) | Token::Option(None) => None,
        })
    }
    /// The bytes, with texts numbered by `number`.
    fn bytes(&self, numbers: &BTreeMap<&str, u64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let number = |text: &str| numbers.get(text).copied().unwrap_or(u64::MAX);
        for token in &self.0 {
            match token {
                Token::Number(value) => leb128(&mut bytes, *value),
                Token::Text(text) => leb128(&mut bytes, number(text)),
                Token::Option(text) => leb128(&mut bytes, text.as_deref().map_or(0, |text| number(text) + 1)),
            }
        }
        bytes
    }
}

fn leb128(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}

/// The whole table file.
pub(super) fn table(services: &[Service]) -> Result<Vec<u8>, CatalogueError> {
    let bodies: Vec<Tokens> = services.iter().map(body).collect();
    let mut summaries: Vec<Tokens> = services.iter().map(summary).collect();
    let all: BTreeSet<&String> =
        bodies.iter().chain(&summaries).flat_map(Tokens::strings).collect::<BTreeSet<_>>();
    let all: Vec<String> = all.into_iter().cloned().collect();
    let numbers: BTreeMap<&str, u64> = all.iter().map(String::as_str).zip(0_u64..).collect();

    let mut frames = Vec::new();
    for (body, summary) in bodies.iter().zip(&mut summaries) {
        let own: BTreeSet<&str> = body.strings().map(String::as_str).collect();
        let own_numbers: BTreeMap<&str, u64> = own.iter().copied().zip(0_u64..).collect();
        let mut raw = Vec::new();
        leb128(&mut raw, own.len() as u64);
        let mut before = 0;
        for text in &own {
            let number = numbers.get(text).copied().unwrap_or(0);
            leb128(&mut raw, number - before);
            before = number;
        }
        raw.extend(body.bytes(&own_numbers));
        let frame = compress(&raw)?;
        summary.number(frame.len());
        summary.number(raw.len());
        frames.push(frame);
    }

    let mut index = Vec::new();
    leb128(&mut index, all.len() as u64);
    let mut before = "";
    for text in &all {
        let shared = text.bytes().zip(before.bytes()).take_while(|(a, b)| a == b).count();
        leb128(&mut index, shared as u64);
        leb128(&mut index, (text.len() - shared) as u64);
        index.extend(text.bytes().skip(shared));
        before = text;
    }
    leb128(&mut index, services.len() as u64);
    for summary in &summaries {
        index.extend(summary.bytes(&numbers));
    }
    let index_frame = compress(&index)?;
    let mut file = MAGIC.to_vec();
    for length in [index_frame.len(), index.len()] {
        file.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    }
    file.extend(index_frame);
    frames.iter().for_each(|frame| file.extend(frame));
    Ok(file)
}

fn compress(raw: &[u8]) -> Result<Vec<u8>, CatalogueError> {
    zstd::bulk::compress(raw, 22)
        .map_err(|error| CatalogueError::Form { what: "the table".to_owned(), why: error.to_string() })
}

/// What is known of a service before its frame is decoded. The lengths of its frame follow.
fn summary(service: &Service) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.text(&service.name);
    tokens.text(&service.service_id);
    tokens.number(service.protocols.len());
    service.protocols.iter().for_each(|protocol| tokens.number(*protocol));
    tokens.text(&service.api_version);
    tokens.texts(&service.older_versions);
    tokens.text(&service.signing_name);
    tokens.texts(&service.other_signing_names);
    tokens.text(&service.endpoint_prefix);
    tokens.option(service.target_prefix.as_ref());
    tokens.option(service.xml_namespace.as_ref());
    tokens.number(u64::from(service.query_compatible));
    tokens.option(service.iam_prefix.as_ref());
    tokens.text(&service.host);
    tokens.text(&service.base_path);
    tokens.option(service.global.as_ref().map(|(host, _)| host));
    tokens.option(service.global.as_ref().map(|(_, region)| region));
    tokens.number(service.operations.len());
    tokens.number(u64::from(service.operations.iter().any(|operation| operation.no_auth)));
    tokens
}

/// Shapes and operations.
fn body(service: &Service) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.number(service.shapes.len());
    service.shapes.iter().for_each(|shape| encode_shape(&mut tokens, shape));
    // Resource types are shared by many operations.
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for resource in service.operations.iter().flat_map(|operation| &operation.resources) {
        if !kinds.contains(&(&resource.kind, &resource.arn)) {
            kinds.push((&resource.kind, &resource.arn));
        }
    }
    tokens.number(kinds.len());
    for (kind, arn) in &kinds {
        tokens.text(kind);
        tokens.text(arn);
    }
    tokens.number(service.operations.len());
    service.operations.iter().for_each(|operation| encode_operation(&mut tokens, operation, &kinds));
    tokens
}

fn encode_shape(tokens: &mut Tokens, shape: &Shape) {
    let code = match shape.kind {
        Kind::Structure { .. } => 0,
        Kind::List { .. } => 1,
        Kind::Map { .. } => 2,
        Kind::String => 3,
        Kind::Blob { .. } => 4,
        Kind::Integer => 5,
        Kind::Long => 6,
        Kind::Float => 7,
        Kind::Double => 8,
        Kind::Boolean => 9,
        Kind::Timestamp(_) => 10,
        Kind::Document => 11,
    };
    tokens.number(code | u64::from(shape.sensitive) << 4);
    match &shape.kind {
        Kind::Structure { union, events, payload, namespace, xml_name, members } => {
            tokens.flags(&[*union, *events, payload.is_some(), namespace.is_some(), xml_name.is_some()]);
            payload.iter().for_each(|payload| tokens.text(payload));
            if let Some((uri, prefix)) = namespace {
                tokens.text(uri);
                tokens.option(prefix.as_ref());
            }
            xml_name.iter().for_each(|name| tokens.text(name));
            tokens.number(members.len());
            members.iter().for_each(|member| encode_member(tokens, member));
        }
        Kind::List { member, flattened, name } => {
            tokens.flags(&[*flattened]);
            tokens.number(*member);
            tokens.option(name.as_ref());
        }
        Kind::Map { key, value, flattened, key_name, value_name } => {
            tokens.flags(&[*flattened]);
            tokens.number(*key);
            tokens.number(*value);
            tokens.option(key_name.as_ref());
            tokens.option(value_name.as_ref());
        }
        Kind::Blob { streaming } => tokens.flags(&[*streaming]),
        Kind::Timestamp(format) => tokens.number(*format),
        _ => {}
    }
}

fn encode_member(tokens: &mut Tokens, member: &Member) {
    let rare = [
        member.flattened,
        member.xml_attribute,
        member.host_label,
        member.json_value,
        member.streaming,
        member.query_name.is_some(),
        member.namespace.is_some(),
    ];
    let is_rare = rare.contains(&true) || member.timestamp > 0;
    let bits = u64::from(member.required)
        | u64::from(member.location_name.is_some()) << 1
        | u64::from(member.location) << 2
        | u64::from(member.idempotency) << 5
        | u64::from(is_rare) << 6;
    tokens.number(bits);
    tokens.text(&member.name);
    member.location_name.iter().for_each(|name| tokens.text(name));
    tokens.number(member.shape);
    if is_rare {
        tokens.flags(&rare);
        tokens.number(member.timestamp);
        member.query_name.iter().for_each(|name| tokens.text(name));
        if let Some((uri, prefix)) = &member.namespace {
            tokens.text(uri);
            tokens.option(prefix.as_ref());
        }
    }
}

fn encode_operation(tokens: &mut Tokens, operation: &Operation, kinds: &[(&str, &str)]) {
    let rare = operation.input_name.is_some()
        || operation.input_namespace.is_some()
        || operation.response_code.is_some_and(|code| code != 200)
        || operation.checksum_member.is_some()
        || operation.host_prefix.is_some();
    tokens.flags(&[
        rare,
        operation.input.is_some(),
        operation.output.is_some(),
        operation.no_auth,
        operation.unsigned_payload,
        operation.checksum_required,
        operation.credentials_out,
        operation.presigned_out,
        operation.deprecated,
        operation.pages.is_some(),
        operation.response_code.is_some(),
    ]);
    tokens.text(&operation.name);
    tokens.text(&operation.method);
    tokens.text(&operation.uri);
    operation.input.iter().for_each(|shape| tokens.number(*shape));
    operation.output.iter().for_each(|shape| tokens.number(*shape));
    tokens.option(operation.result_wrapper.as_ref());
    tokens.number(match operation.access {
        Level::List => 0_u8,
        Level::Read => 1,
        Level::Tagging => 2,
        Level::Write => 3,
        Level::Permissions => 4,
        Level::Unknown => 5,
    });
    if rare {
        tokens.option(operation.input_name.as_ref());
        tokens.option(operation.input_namespace.as_ref());
        tokens.number(operation.response_code.unwrap_or(0));
        tokens.option(operation.checksum_member.as_ref());
        tokens.option(operation.host_prefix.as_ref());
    }
    tokens.texts(&operation.iam_actions);
    tokens.number(operation.resources.len());
    for resource in &operation.resources {
        let at = kinds.iter().position(|kind| *kind == (resource.kind.as_str(), resource.arn.as_str()));
        tokens.number(at.unwrap_or(0));
        tokens.number(u64::from(resource.required));
        tokens.texts(&resource.arn_members);
        tokens.number(resource.fills.len());
        for (variable, member, exact) in &resource.fills {
            tokens.text(variable);
            tokens.text(member);
            tokens.number(u64::from(*exact));
        }
    }
    tokens.texts(&operation.created);
    if let Some(pages) = &operation.pages {
        tokens.texts(&pages.inputs);
        tokens.texts(&pages.outputs);
        tokens.option(pages.more.as_ref());
        tokens.texts(&pages.results);
    }
}
