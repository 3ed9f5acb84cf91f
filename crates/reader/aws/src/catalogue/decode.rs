//! The table's binary form, read. The other half is the generator's `encode.rs`, which describes the form; change
//! both, and [`MAGIC`], together.
//!
//! Nothing here trusts the bytes: every count, number and length is checked, so that a damaged table is an error and
//! never a panic, a wrong reference or an unbounded allocation.

use std::io::Read as _;
use std::sync::Arc;

use super::{
    Access, CatalogueError, Fill, GlobalEndpoint, Kind, Location, Member, Operation, Pages, Protocol, Rare,
    ResourceRef, Route, Service, Shape, ShapeId, Structure, Summary, TimestampFormat, XmlNamespace,
};

/// What the file begins with.
const MAGIC: &[u8; 8] = b"ILKCAT01";
/// The largest raw frame that is read: the largest that there is has a few hundred kilobytes.
const LARGEST_FRAME: usize = 16 << 20;

/// Where a service's frame lies among the frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    start: usize,
    length: usize,
    raw: usize,
}

/// What is read at the start.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) strings: Vec<&'static str>,
    pub(super) summaries: Vec<Summary>,
    pub(super) places: Vec<Place>,
    pub(super) frames: &'static [u8],
}

type Result<T> = std::result::Result<T, CatalogueError>;

fn damaged<T>(why: &'static str) -> Result<T> {
    Err(CatalogueError::Damaged(why))
}

/// Takes numbers and texts from raw bytes.
struct Source<'a> {
    bytes: &'a [u8],
    /// What texts are numbered by.
    strings: Vec<&'static str>,
}

impl<'a> Source<'a> {
    fn number(&mut self) -> Result<usize> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let Some((byte, rest)) = self.bytes.split_first() else { return damaged("it is cut short") };
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).or_else(|_| damaged("a number is too large"));
            }
        }
        damaged("a number is too long")
    }

    /// How many things follow, each of at least one byte.
    fn count(&mut self) -> Result<usize> {
        let count = self.number()?;
        if count > self.bytes.len() { damaged("a count is too large") } else { Ok(count) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else { return damaged("it is cut short") };
        self.bytes = rest;
        Ok(taken)
    }

    fn string(&self, number: usize) -> Result<&'static str> {
        self.strings.get(number).copied().map_or_else(|| damaged("a text is missing"), Ok)
    }

    fn text(&mut self) -> Result<&'static str> {
        let number = self.number()?;
        self.string(number)
    }

    fn option(&mut self) -> Result<Option<&'static str>> {
        match self.number()? {
            0 => Ok(None),
            number => self.string(number - 1).map(Some),
        }
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| one(self)).collect()
    }

    fn texts(&mut self) -> Result<Vec<&'static str>> {
        self.list(Self::text)
    }

    fn flags(&mut self) -> Result<Flags> {
        self.number().map(Flags)
    }

    fn when<T>(&mut self, is: bool, one: impl Fn(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if is { one(self).map(Some) } else { Ok(None) }
    }

    fn shape(&mut self) -> Result<ShapeId> {
        u32::try_from(self.number()?).map(ShapeId).or_else(|_| damaged("a shape number is too large"))
    }

    fn namespace(&mut self) -> Result<XmlNamespace> {
        Ok(XmlNamespace { uri: self.text()?, prefix: self.option()? })
    }
}

/// Bits, lowest first.
#[derive(Clone, Copy)]
struct Flags(usize);

impl Flags {
    fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }
}

/// Decompresses a frame whose raw length is known.
fn decompress(frame: &[u8], raw: usize) -> Result<Vec<u8>> {
    if raw > LARGEST_FRAME {
        return damaged("a frame is too large");
    }
    let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(frame) else { return damaged("a frame is no zstd") };
    let mut bytes = Vec::with_capacity(raw);
    // One byte more than there should be, so that a longer frame shows.
    let limit = u64::try_from(raw).unwrap_or(0).saturating_add(1);
    match decoder.take(limit).read_to_end(&mut bytes) {
        Ok(length) if length == raw => Ok(bytes),
        Ok(_) => damaged("a frame has another length than the index says"),
        Err(_) => damaged("a frame cannot be decompressed"),
    }
}

/// Reads strings and summaries.
pub(super) fn index(file: &'static [u8]) -> Result<Index> {
    let Some(rest) = file.strip_prefix(MAGIC) else { return damaged("it is no table of this form") };
    let Some((lengths, rest)) = rest.split_first_chunk::<8>() else { return damaged("it is cut short") };
    let [a, b, c, d, e, f, g, h] = *lengths;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let raw = usize::try_from(u32::from_le_bytes([e, f, g, h])).unwrap_or(usize::MAX);
    let Some((frame, frames)) = rest.split_at_checked(length) else { return damaged("it is cut short") };
    let bytes = decompress(frame, raw)?;
    let mut source = Source { bytes: &bytes, strings: Vec::new() };
    source.strings = strings(&mut source)?;
    let count = source.count()?;
    let (mut summaries, mut places) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut start = 0_usize;
    for _ in 0..count {
        summaries.push(summary(&mut source)?);
        let (length, raw) = (source.number()?, source.number()?);
        places.push(Place { start, length, raw });
        let Some(next) = start.checked_add(length) else { return damaged("a length is too large") };
        start = next;
    }
    if start != frames.len() || !source.bytes.is_empty() {
        return damaged("the index does not fit the frames");
    }
    if !summaries.is_sorted_by(|a, b| a.name < b.name) {
        return damaged("the services are not in order");
    }
    Ok(Index { strings: source.strings, summaries, places, frames })
}

/// Reads the strings. They live as long as the process: one block, leaked once for each table.
fn strings(source: &mut Source<'_>) -> Result<Vec<&'static str>> {
    let count = source.count()?;
    let mut all = String::new();
    let mut ends = Vec::with_capacity(count);
    let mut before = String::new();
    for _ in 0..count {
        let (shared, length) = (source.number()?, source.number()?);
        let Ok(rest) = std::str::from_utf8(source.take(length)?) else { return damaged("a text is no UTF-8") };
        let Some(kept) = before.get(..shared) else { return damaged("a text shares too much") };
        let text = format!("{kept}{rest}");
        // Shared beginnings could make a small file large: a text has an end.
        if text.len() > 4096 || all.len() > LARGEST_FRAME {
            return damaged("a text is too long");
        }
        all.push_str(&text);
        ends.push(all.len());
        before = text;
    }
    let mut rest: &'static str = Box::leak(all.into_boxed_str());
    let mut start = 0;
    let mut strings = Vec::with_capacity(count);
    for end in ends {
        let Some((text, after)) = rest.split_at_checked(end - start) else { return damaged("a text is cut") };
        strings.push(text);
        rest = after;
        start = end;
    }
    Ok(strings)
}

fn protocol(source: &mut Source<'_>) -> Result<Protocol> {
    Ok(match source.number()? {
        0 => Protocol::RestJson,
        1 => Protocol::Json10,
        2 => Protocol::Json11,
        3 => Protocol::Query,
        4 => Protocol::Ec2,
        5 => Protocol::RestXml,
        6 => Protocol::Cbor,
        _ => return damaged("a protocol is unknown"),
    })
}

fn summary(source: &mut Source<'_>) -> Result<Summary> {
    let name = source.text()?;
    let service_id = source.text()?;
    let protocols = source.list(protocol)?;
    let api_version = source.text()?;
    let older_versions = source.texts()?;
    let signing_name = source.text()?;
    let signing_aliases = source.texts()?;
    let endpoint_prefix = source.text()?;
    let target_prefix = source.option()?;
    let xml_namespace = source.option()?;
    let query_compatible = source.number()? == 1;
    let iam_prefix = source.option()?;
    let host = source.text()?;
    let base_path = source.text()?;
    let global = source.option()?.zip(source.option()?).map(|(host, region)| GlobalEndpoint { host, region });
    let operation_count = source.number()?;
    let has_no_auth = source.number()? == 1;
    Ok(Summary {
        name,
        service_id,
        protocols,
        api_version,
        older_versions,
        signing_name,
        signing_aliases,
        endpoint_prefix,
        target_prefix,
        xml_namespace,
        query_compatible,
        iam_prefix,
        host,
        base_path,
        global,
        operation_count,
        has_no_auth,
    })
}

/// Decodes a service.
pub(super) fn service(
    summary: &Summary,
    place: Place,
    frames: &[u8],
    strings: &[&'static str],
) -> Result<Service> {
    let end = place.start.checked_add(place.length).unwrap_or(usize::MAX);
    let Some(frame) = frames.get(place.start..end) else { return damaged("a frame is missing") };
    let bytes = decompress(frame, place.raw)?;
    let mut source = Source { bytes: &bytes, strings: Vec::new() };
    let mut number = 0_usize;
    let count = source.count()?;
    let mut own = Vec::with_capacity(count);
    for _ in 0..count {
        number = number.saturating_add(source.number()?);
        let Some(text) = strings.get(number) else { return damaged("a text is missing") };
        own.push(*text);
    }
    source.strings = own;
    let shapes = source.list(shape)?;
    let kinds = source.list(|source| Ok((source.text()?, source.text()?)))?;
    let operations = source.list(|source| operation(source, &kinds, &shapes))?;
    if !source.bytes.is_empty() {
        return damaged("a frame has something left over");
    }
    if !operations.is_sorted_by(|a, b| a.name < b.name) {
        return damaged("the operations are not in order");
    }
    check_shapes(&shapes)?;
    Ok(Service { summary: summary.clone(), operations, shapes })
}

/// Whether every shape that a shape holds is there.
fn check_shapes(shapes: &[Shape]) -> Result<()> {
    let there = |id: &ShapeId| usize::try_from(id.0).is_ok_and(|at| at < shapes.len());
    let fine = shapes.iter().all(|shape| match &shape.kind {
        Kind::Structure(structure) => structure.members.iter().all(|member| there(&member.shape)),
        Kind::List { member, .. } => there(member),
        Kind::Map { key, value, .. } => there(key) && there(value),
        _ => true,
    });
    if fine { Ok(()) } else { damaged("a shape is missing") }
}

fn timestamp(source: &mut Source<'_>) -> Result<Option<TimestampFormat>> {
    Ok(match source.number()? {
        0 => None,
        1 => Some(TimestampFormat::Iso8601),
        2 => Some(TimestampFormat::Unix),
        3 => Some(TimestampFormat::Rfc822),
        _ => return damaged("a time format is unknown"),
    })
}

fn shape(source: &mut Source<'_>) -> Result<Shape> {
    let code = source.number()?;
    let kind = match code & 0xf {
        0 => Kind::Structure(Box::new(structure(source)?)),
        1 => {
            let flattened = source.flags()?.has(0);
            Kind::List { member: source.shape()?, flattened, member_name: source.option()? }
        }
        2 => {
            let flattened = source.flags()?.has(0);
            let (key, value) = (source.shape()?, source.shape()?);
            Kind::Map { key, value, flattened, key_name: source.option()?, value_name: source.option()? }
        }
        3 => Kind::String,
        4 => Kind::Blob { streaming: source.flags()?.has(0) },
        5 => Kind::Integer,
        6 => Kind::Long,
        7 => Kind::Float,
        8 => Kind::Double,
        9 => Kind::Boolean,
        10 => Kind::Timestamp(timestamp(source)?),
        11 => Kind::Document,
        _ => return damaged("a kind of shape is unknown"),
    };
    Ok(Shape { kind, sensitive: code >> 4 & 1 == 1 })
}

fn structure(source: &mut Source<'_>) -> Result<Structure> {
    let flags = source.flags()?;
    let payload = source.when(flags.has(2), Source::text)?;
    let xml_namespace = source.when(flags.has(3), Source::namespace)?;
    let xml_name = source.when(flags.has(4), Source::text)?;
    let members = source.list(member)?;
    Ok(Structure { members, payload, union: flags.has(0), event_stream: flags.has(1), xml_namespace, xml_name })
}

fn member(source: &mut Source<'_>) -> Result<Member> {
    let bits = source.flags()?;
    let name = source.text()?;
    let location_name = source.when(bits.has(1), Source::text)?;
    let shape = source.shape()?;
    let (mut rare, mut format) = (Flags(0), None);
    let (mut query_name, mut xml_namespace) = (None, None);
    if bits.has(6) {
        rare = source.flags()?;
        format = timestamp(source)?;
        query_name = source.when(rare.has(5), Source::text)?;
        xml_namespace = source.when(rare.has(6), Source::namespace)?;
    }
    Ok(Member {
        name,
        shape,
        location: match bits.0 >> 2 & 7 {
            0 => Location::Body,
            1 => Location::Header,
            2 => Location::Headers,
            3 => Location::Uri,
            4 => Location::Query,
            5 => Location::StatusCode,
            _ => return damaged("a location is unknown"),
        },
        location_name: location_name.unwrap_or(name),
        named: location_name.is_some(),
        required: bits.has(0),
        idempotency: bits.has(5),
        flattened: rare.has(0),
        xml_attribute: rare.has(1),
        host_label: rare.has(2),
        json_value: rare.has(3),
        streaming: rare.has(4),
        timestamp: format,
        rare: (query_name.is_some() || xml_namespace.is_some())
            .then(|| Box::new(Rare { query_name, xml_namespace })),
    })
}

fn operation(source: &mut Source<'_>, kinds: &[(&'static str, &'static str)], shapes: &[Shape]) -> Result<Arc<Operation>> {
    let flags = source.flags()?;
    let (name, method, uri) = (source.text()?, source.text()?, source.text()?);
    let input = source.when(flags.has(1), Source::shape)?;
    let output = source.when(flags.has(2), Source::shape)?;
    let result_wrapper = source.option()?;
    let access = match source.number()? {
        0 => Access::List,
        1 => Access::Read,
        2 => Access::Tagging,
        3 => Access::Write,
        4 => Access::Permissions,
        5 => Access::Unknown,
        _ => return damaged("an access level is unknown"),
    };
    let (mut input_name, mut input_namespace, mut code) = (None, None, 200);
    let (mut checksum_member, mut host_prefix) = (None, None);
    if flags.has(0) {
        input_name = source.option()?;
        input_namespace = source.option()?;
        code = source.number()?;
        checksum_member = source.option()?;
        host_prefix = source.option()?;
    }
    let iam_actions = source.texts()?;
    let resources = source.list(|source| resource(source, kinds))?;
    let created = source.texts()?;
    let pages = source.when(flags.has(9), |source| {
        let (inputs, outputs) = (source.texts()?, source.texts()?);
        Ok(Box::new(Pages { inputs, outputs, more: source.option()?, results: source.texts()? }))
    })?;
    let body = Body::of(input, shapes)?;
    Ok(Arc::new(Operation {
        name,
        method,
        uri,
        route: Route::parse(uri),
        input,
        input_name,
        input_namespace,
        output,
        result_wrapper,
        response_code: flags.has(10).then(|| u16::try_from(code).unwrap_or(200)),
        access,
        iam_actions,
        resources,
        idempotency_tokens: body.tokens,
        payload: body.payload,
        blob_payload: body.blob,
        streaming: body.streaming,
        events_in: body.events,
        events_out: Body::of(output, shapes)?.events,
        no_auth: flags.has(3),
        unsigned_payload: flags.has(4),
        checksum_required: flags.has(5),
        checksum_member,
        host_prefix,
        created,
        credentials_out: flags.has(6),
        presigned_out: flags.has(7),
        deprecated: flags.has(8),
        pages,
    }))
}

/// What the shape of a side says of its body.
#[derive(Default)]
struct Body {
    tokens: Vec<&'static str>,
    payload: Option<&'static str>,
    blob: bool,
    streaming: bool,
    events: bool,
}

impl Body {
    fn of(side: Option<ShapeId>, shapes: &[Shape]) -> Result<Self> {
        let shape = |id: ShapeId| shapes.get(usize::try_from(id.0).unwrap_or(usize::MAX));
        let Some(side) = side else { return Ok(Self::default()) };
        let Some(Kind::Structure(structure)) = shape(side).map(|shape| &shape.kind) else {
            return damaged("parameters are no structure");
        };
        let tokens = structure.members.iter().filter(|member| member.idempotency).map(|member| member.name).collect();
        let mut body = Self { tokens, payload: structure.payload, ..Self::default() };
        for member in &structure.members {
            let is_payload = structure.payload == Some(member.name);
            match shape(member.shape).map(|shape| &shape.kind) {
                Some(Kind::Blob { streaming }) if is_payload => {
                    body.blob = true;
                    body.streaming = *streaming || member.streaming;
                }
                Some(Kind::Structure(inner)) => body.events |= inner.event_stream,
                _ => {}
            }
        }
        Ok(body)
    }
}

fn resource(source: &mut Source<'_>, kinds: &[(&'static str, &'static str)]) -> Result<ResourceRef> {
    let number = source.number()?;
    let Some((kind, arn)) = kinds.get(number) else { return damaged("a resource type is missing") };
    let required = source.number()? == 1;
    let arn_members = source.texts()?;
    let fills = source.list(|source| {
        Ok(Fill { variable: source.text()?, member: source.text()?, exact: source.number()? == 1 })
    })?;
    Ok(ResourceRef { kind, required, arn, arn_members, fills })
}
