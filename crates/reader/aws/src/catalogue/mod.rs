//! Every AWS service and operation: names, wire shapes, published access levels, ARN formats.
//!
//! The table is one content-addressed file, generated from botocore's service models and the AWS service reference by
//! `cargo xtask catalogue` (ADR-0001); it is never edited by hand. It is kept compressed in memory and decoded a service at a
//! time, so that a process that speaks to ten services pays for ten. Nothing here looks at a request.

mod decode;
mod load;
mod operation;
mod route;
mod service;
mod shape;
mod table;

pub use load::{Catalogue, CatalogueError};
pub use operation::{Access, Fill, Operation, Pages, ResourceRef};
pub use route::{Route, Segment};
pub use service::{GlobalEndpoint, Protocol, Service, Summary};
pub use shape::{Kind, Location, Member, Rare, Shape, ShapeId, Structure, TimestampFormat, XmlNamespace};

#[cfg(test)]
mod tests;
