//! What is known of each kind: the reader's forecasters.

use interlock_action::{Action, Answers, Preparation, Read, Survey};
use interlock_flow::Foresee;
use interlock_reader_aws::forecast::{Measures, forecaster_for};

/// The reader's forecasters as flow's port.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsForesee {
    measures: Measures,
}

impl AwsForesee {
    /// With what Interlock may do to make things recoverable.
    pub fn under(measures: Measures) -> Self {
        Self { measures }
    }
}

impl Foresee for AwsForesee {
    fn reads(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        forecaster_for(action).reads(action, so_far)
    }
    fn fold(&self, action: &Action, answers: &Answers) -> Survey {
        forecaster_for(action).fold_under(action, answers, &self.measures)
    }
    fn prepares(&self, action: &Action, so_far: &Answers) -> Option<Preparation> {
        forecaster_for(action).prepares(action, so_far)
    }
}
