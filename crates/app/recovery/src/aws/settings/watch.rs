//! What watches: trails, recorders, detectors.

use super::{
    Form::{Merged, Only, Whole},
    On, Setting, member, same,
};

/// The rows.
pub(super) static ROWS: &[Setting] = &[
    Setting {
        name: "cloudtrail/event-selectors",
        service: "cloudtrail",
        operation: "PutEventSelectors",
        ids: &["TrailName"],
        how: &[],
        // A trail has one kind of the two: putting that one takes the other's place.
        members: &[
            member("EventSelectors", "/EventSelectors", Whole),
            member("AdvancedEventSelectors", "/AdvancedEventSelectors", Whole),
        ],
        whole: true,
        read: "GetEventSelectors",
        asks: |deed| same(deed, &["TrailName"]),
        record: "",
        terms: On::Lossy(1, "events that the new selectors left out meanwhile"),
    },
    Setting {
        name: "config/recorder",
        service: "config",
        operation: "PutConfigurationRecorder",
        ids: &[],
        how: &[],
        members: &[member(
            "ConfigurationRecorder",
            "",
            Only(&["name", "roleARN", "recordingGroup", "recordingMode"]),
        )],
        whole: false,
        read: "DescribeConfigurationRecorders",
        asks: |deed| {
            let name = super::word(&deed.arguments, "/ConfigurationRecorder/name").unwrap_or("default");
            super::json!({"ConfigurationRecorderNames": [name]})
        },
        record: "/ConfigurationRecorders/0",
        terms: On::Lossy(1, "changes that were not recorded meanwhile"),
    },
    Setting {
        name: "guardduty/detector",
        service: "guardduty",
        operation: "UpdateDetector",
        ids: &["DetectorId"],
        how: &[],
        members: &[
            member("Enable", "/Status", super::Form::Begins("ENABLED")),
            member("FindingPublishingFrequency", "/FindingPublishingFrequency", Merged),
        ],
        whole: false,
        read: "GetDetector",
        asks: |deed| same(deed, &["DetectorId"]),
        record: "",
        terms: On::When(
            1,
            |sent, _| super::at(sent, "/Enable") == &super::json!(false),
            "findings that were not made meanwhile",
        ),
    },
];
