//! The road's ports on AWS: reads for forecasts, Interlock's own calls, and what is known of each kind.

mod cache;
mod exchange;
mod execute;
mod foresee;
mod inspect;
mod pages;

pub(crate) use cache::{Reach, ReadCache};
pub(crate) use exchange::exchange;
pub use execute::AwsExecute;
pub use foresee::AwsForesee;
pub use inspect::AwsInspect;
