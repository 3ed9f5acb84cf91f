//! Tests of the handling of requests.
