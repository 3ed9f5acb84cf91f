//! Answers to Interlock's own reads, used again for a moment while nothing was changed through this gateway.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use interlock_action::{Answer, Call, Digest, Operation};
use interlock_flow::Freshness;

/// So many answers at most; beyond it the cache starts anew.
const CAP: usize = 2_048;

/// What a change may make untrue, or what an answer tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Anything at all.
    Anything,
    /// Objects: what a bucket holds, never how it is set.
    Objects,
    /// Settings of a bucket.
    BucketSettings,
}

/// Operations on objects that leave every setting of their bucket as it is (Amazon S3 API Reference). Whatever is not
/// named here may change anything.
const OF_OBJECTS: [&str; 14] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjects",
    "PutObject",
    "PutObjectAcl",
    "PutObjectTagging",
    "RenameObject",
    "RestoreObject",
    "UploadPart",
    "UploadPartCopy",
];

/// Reads of how a bucket is set.
const OF_SETTINGS: [&str; 7] = [
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketPolicy",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetObjectLockConfiguration",
    "GetPublicAccessBlock",
];

impl Reach {
    /// What sending this operation may change.
    pub(crate) fn of_change(operation: &Operation) -> Self {
        if is(operation, &OF_OBJECTS) { Self::Objects } else { Self::Anything }
    }

    /// What the answer to this read tells of.
    fn of_read(call: &Call) -> Self {
        if is(&call.operation, &OF_SETTINGS) { Self::BucketSettings } else { Self::Anything }
    }
}

fn is(operation: &Operation, names: &[&str]) -> bool {
    operation.service() == "s3" && names.contains(&operation.verb())
}

/// Answers by what was asked.
///
/// INVARIANT: an answer that was asked for before a change began is never given after it, where the change could have made
/// it untrue: every change takes such answers out before it is sent and after it was answered, and what was asked before
/// does not enter afterwards.
pub(crate) struct ReadCache {
    life: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// Counts the changes.
    age: Age,
    answers: HashMap<Digest, (Instant, Reach, Answer)>,
}

/// How many changes there have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Age {
    /// That may change settings of buckets.
    settings: u64,
    /// At all.
    anything: u64,
}

impl Age {
    /// Whether nothing was changed in between that answers of this reach tell of.
    fn same(self, other: Self, reach: Reach) -> bool {
        self.settings == other.settings && (reach == Reach::BucketSettings || self.anything == other.anything)
    }
}

/// One read that is looked for, and where its answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    digest: Digest,
    reach: Reach,
}

impl Asked {
    /// The read as the cache knows it.
    pub(crate) fn new(digest: Digest, call: &Call) -> Self {
        Self { digest, reach: Reach::of_read(call) }
    }
}

impl ReadCache {
    pub(crate) fn new(life: Duration) -> Self {
        Self { life, held: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer that is fresh enough; else the age under which a new one may be kept.
    ///
    /// How a bucket is set proves no presence.
    pub(crate) fn get(&self, asked: &Asked, freshness: Freshness) -> Result<Answer, Age> {
        let held = self.lock();
        let anew = match freshness {
            Freshness::Recent => false,
            Freshness::Presence => asked.reach != Reach::BucketSettings,
            Freshness::Now => true,
        };
        match held.answers.get(&asked.digest) {
            Some((at, _, answer)) if !anew && at.elapsed() < self.life => Ok(answer.clone()),
            _ => Err(held.age),
        }
    }

    /// Keeps an answer, unless something was changed since it was asked for.
    pub(crate) fn keep(&self, asked: Asked, age: Age, answer: &Answer) {
        let mut held = self.lock();
        let unreadable = matches!(answer, Answer::Unreadable(_));
        if !held.age.same(age, asked.reach) || self.life.is_zero() || unreadable {
            return;
        }
        if held.answers.len() >= CAP {
            held.answers.clear();
        }
        held.answers.insert(asked.digest, (Instant::now(), asked.reach, answer.clone()));
    }

    /// Something changes.
    pub(crate) fn forget(&self, reach: Reach) {
        let mut held = self.lock();
        held.age.anything = held.age.anything.wrapping_add(1);
        if reach == Reach::Objects {
            held.answers.retain(|_, (_, of, _)| *of == Reach::BucketSettings);
        } else {
            held.age.settings = held.age.settings.wrapping_add(1);
            held.answers.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::Surface;
    use serde_json::json;

    use super::*;

    fn asked(service: &str, operation: &str) -> Asked {
        let call = Call {
            surface: Surface::Aws,
            operation: Operation::aws(service, operation),
            account: None,
            region: None,
            arguments: json!({"Bucket": "b", "Key": "k"}),
        };
        Asked::new(Digest::of(operation.as_bytes()), &call)
    }

    fn change(service: &str, operation: &str) -> Reach {
        Reach::of_change(&Operation::aws(service, operation))
    }

    fn kept(cache: &ReadCache, asked: Asked) {
        let age = cache.get(&asked, Freshness::Presence).map_or_else(|age| age, |_| Age::default());
        cache.keep(asked, age, &Answer::NotFound);
        assert_eq!(cache.get(&asked, Freshness::Recent), Ok(Answer::NotFound));
    }

    #[test]
    fn a_change_empties_it_and_keeps_older_answers_out() {
        let cache = ReadCache::new(Duration::from_secs(60));
        let asked = asked("rds", "DescribeDBInstances");
        let age = cache.get(&asked, Freshness::Recent).unwrap_err();
        cache.keep(asked, age, &Answer::NotFound);
        assert_eq!(cache.get(&asked, Freshness::Recent), Ok(Answer::NotFound));
        cache.forget(change("rds", "DeleteDBInstance"));
        let new = cache.get(&asked, Freshness::Recent).unwrap_err();
        cache.keep(asked, age, &Answer::NotFound);
        assert!(cache.get(&asked, Freshness::Recent).is_err());
        cache.keep(asked, new, &Answer::Unreadable("why".to_owned()));
        assert!(cache.get(&asked, Freshness::Recent).is_err());
        cache.keep(asked, new, &Answer::NotFound);
        assert!(cache.get(&asked, Freshness::Recent).is_ok());
    }

    #[test]
    fn a_proof_is_never_an_answer_of_earlier() {
        let cache = ReadCache::new(Duration::from_secs(60));
        let asked = asked("s3", "HeadObject");
        let age = cache.get(&asked, Freshness::Presence).unwrap_err();
        cache.keep(asked, age, &Answer::NotFound);
        assert_eq!(cache.get(&asked, Freshness::Presence), Err(age));
        assert_eq!(cache.get(&asked, Freshness::Recent), Ok(Answer::NotFound));
    }

    #[test]
    fn what_somebody_else_may_have_written_is_read_anew() {
        let cache = ReadCache::new(Duration::from_secs(60));
        let tags = asked("s3", "GetBucketTagging");
        kept(&cache, tags);
        assert!(cache.get(&tags, Freshness::Presence).is_ok(), "how it is set proves no presence");
        assert!(cache.get(&tags, Freshness::Now).is_err());
    }

    #[test]
    fn a_life_of_nothing_keeps_nothing() {
        let cache = ReadCache::new(Duration::ZERO);
        let asked = asked("s3", "GetBucketVersioning");
        cache.keep(asked, Age::default(), &Answer::NotFound);
        assert!(cache.get(&asked, Freshness::Recent).is_err());
    }

    #[test]
    fn objects_come_and_go_without_their_bucket_being_read_anew() {
        let cache = ReadCache::new(Duration::from_secs(60));
        let (head, versioning) = (asked("s3", "HeadObject"), asked("s3", "GetBucketVersioning"));
        for operation in OF_OBJECTS {
            kept(&cache, head);
            kept(&cache, versioning);
            cache.forget(change("s3", operation));
            assert!(cache.get(&head, Freshness::Recent).is_err(), "{operation}");
            assert_eq!(cache.get(&versioning, Freshness::Presence), Ok(Answer::NotFound), "{operation}");
        }
        // One that was on its way meanwhile may be kept, one of an object may not.
        let age = Age::default();
        cache.keep(head, age, &Answer::NotFound);
        assert!(cache.get(&head, Freshness::Recent).is_err());
        let tags = asked("s3", "GetBucketTagging");
        cache.keep(tags, age, &Answer::NotFound);
        assert!(cache.get(&tags, Freshness::Presence).is_ok());
    }

    #[test]
    fn whatever_else_changes_empties_the_settings_too() {
        let cache = ReadCache::new(Duration::from_secs(60));
        let policy = asked("s3", "GetBucketPolicy");
        let others = [
            ("s3", "PutBucketVersioning"),
            ("s3", "DeleteBucket"),
            ("s3", "PutObjectLockConfiguration"),
            ("s3", "PutBucketLifecycleConfiguration"),
            ("s3", "CreateBucket"),
            ("cloudcontrol", "UpdateResource"),
            // Of another service, whatever it is called.
            ("other", "PutObject"),
        ];
        for (service, operation) in others {
            let before = cache.get(&policy, Freshness::Recent).unwrap_err();
            kept(&cache, policy);
            cache.forget(change(service, operation));
            assert!(cache.get(&policy, Freshness::Recent).is_err(), "{operation}");
            cache.keep(policy, before, &Answer::NotFound);
            assert!(cache.get(&policy, Freshness::Recent).is_err(), "asked before {operation}");
        }
    }
}
