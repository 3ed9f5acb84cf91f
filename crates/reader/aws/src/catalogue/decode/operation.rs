//! Operations out of raw bytes.

use std::sync::Arc;

use super::{Result, damaged, source::Source};
use crate::catalogue::{Access, Fill, Kind, Operation, Pages, ResourceRef, Route, Shape, ShapeId};

/// Reads an operation.
pub(super) fn operation(
    source: &mut Source<'_>,
    kinds: &[(&'static str, &'static str)],
    shapes: &[Shape],
) -> Result<Arc<Operation>> {
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
        let tokens =
            structure.members.iter().filter(|member| member.idempotency).map(|member| member.name).collect();
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
