//! Classic load balancers.

pub(super) mod load_balancer;
