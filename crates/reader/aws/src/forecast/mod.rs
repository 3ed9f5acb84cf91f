//! What an action would do to the live state: which reads, and the fold of their answers.
//!
//! One file a kind; its doc comment is its reference page. Everything here is pure. Where Interlock changes the request,
//! the survey carries the changed arguments and its forecast is of *those*: what is judged is what is sent. What the
//! agent had asked for stands in one line of the changes, and whole in [`Forecaster::asked`].

mod answer;
mod arn;
mod autoscaling;
mod aws_backup;
mod closing;
mod cloudformation;
mod cloudtrail;
mod compare;
mod config;
mod draft;
mod dynamodb;
mod ec2;
mod ecr;
mod ecs;
mod efs;
mod eks;
mod elasticache;
mod elb;
mod elbv2;
mod existence;
mod finals;
mod generic;
mod iam;
mod keys;
mod kinesis;
mod kms;
mod lambda;
mod launch;
mod logs;
mod measures;
mod memorydb;
mod opensearch;
mod point;
mod rds;
mod redshift;
mod retention;
mod route53;
mod s3;
mod secretsmanager;
mod sqs;
mod ssm;
mod store;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod words;

use interlock_action::{Action, Answers, Preparation, Read, Survey};

pub use cloudformation::resource_type_bears;
pub use existence::says_absent;
pub use measures::Measures;

use draft::Draft;

/// How often a forecaster may ask for further reads.
pub const ROUNDS: usize = 4;

/// What the names of Interlock's own recovery points begin with.
const OWN: &str = "interlock-";

/// A name of Interlock's own for a point of `stem`, bound to what `parts` say: the same state gets the same one. `domain`
/// keeps apart what such names are of.
fn own_name(domain: &str, stem: &str, parts: &serde_json::Value) -> String {
    let digest = interlock_action::digest_of(domain, parts).map(|digest| digest.short());
    let digits: String = digest.unwrap_or_default().chars().take(8).collect();
    format!("{OWN}{stem}-{digits}")
}

/// Knows one kind of thing: which reads, and what their answers mean. Pure.
pub trait Forecaster: Sync {
    /// Whether it knows what this action acts on.
    fn applies(&self, action: &Action) -> bool;
    /// The reads still missing. Asked again with the answers until it returns nothing new, at most [`ROUNDS`] times.
    fn reads(&self, action: &Action, so_far: &Answers) -> Vec<Read>;
    /// What the answers mean. Answers that are missing count as unread.
    fn fold(&self, action: &Action, answers: &Answers) -> Survey {
        self.fold_under(action, answers, &Measures::of_forecasters())
    }
    /// The same where Interlock may do only so much to make it recoverable.
    fn fold_under(&self, action: &Action, answers: &Answers, measures: &Measures) -> Survey;
    /// The same for the action as the agent asked for it, before Interlock changes it.
    fn asked(&self, action: &Action, answers: &Answers) -> Survey;
    /// What Interlock has to make before there is more to read, once nothing is left to read without it.
    fn prepares(&self, action: &Action, so_far: &Answers) -> Option<Preparation>;
}

/// One kind's own part of a forecast; the rest (existence, tags, what nobody else says) is the same for all.
trait Look: Sync {
    /// Whether it knows what this action acts on.
    fn knows(&self, action: &Action) -> bool;
    /// The reads it needs, beside the records and tags of the targets; those already answered may be among them.
    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read>;
    /// What the answers mean.
    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft);
    /// What Interlock has to make before there is more to read.
    fn prepares(&self, _action: &Action, _so_far: &Answers) -> Option<Preparation> {
        None
    }
}

impl<T: Look> Forecaster for T {
    fn applies(&self, action: &Action) -> bool {
        self.knows(action)
    }

    fn reads(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        if action.is_plain_read() {
            return Vec::new();
        }
        let mut missing: Vec<Read> = Vec::new();
        for read in existence::reads(action, so_far)
            .into_iter()
            .chain(self.wants(action, so_far))
            .chain(launch::reads(action))
        {
            if !so_far.contains_key(&read.key) && !missing.iter().any(|have| have.key == read.key) {
                missing.push(read);
            }
        }
        missing
    }

    fn fold_under(&self, action: &Action, answers: &Answers, measures: &Measures) -> Survey {
        let mut asked = plain(self, action, answers);
        asked.rewrite = asked.rewrite.map(|wanted| measures.allowed(action, &wanted));
        let arguments = asked.rewrite.clone().filter(|arguments| *arguments != action.arguments);
        let Some(arguments) = arguments else {
            asked.rewrite = None;
            measures.hold(action, answers, &action.arguments, &mut asked);
            return asked;
        };
        let rewritten = Action { arguments: arguments.clone(), ..action.clone() };
        let mut sent = plain(self, &rewritten, answers);
        let further = sent.rewrite.as_ref().map(|wanted| measures.allowed(&rewritten, wanted));
        if further.is_some_and(|further| further != arguments) {
            // INVARIANT: a rewrite that does not stand by itself is not trusted.
            return asked;
        }
        let change = closing::rewritten(action, &asked, &sent);
        sent.told.extend(change.iter().map(|change| change.what.clone()));
        sent.forecast.changes.extend(change);
        sent.rewrite = Some(arguments.clone());
        measures.hold(action, answers, &arguments, &mut sent);
        sent
    }

    fn asked(&self, action: &Action, answers: &Answers) -> Survey {
        plain(self, action, answers)
    }

    fn prepares(&self, action: &Action, so_far: &Answers) -> Option<Preparation> {
        if action.is_plain_read() {
            return None;
        }
        Look::prepares(self, action, so_far)
    }
}

/// The survey of an action with the arguments it has.
fn plain(look: &(impl Look + ?Sized), action: &Action, answers: &Answers) -> Survey {
    let mut draft = Draft::new();
    if !action.is_plain_read() {
        existence::observe(action, answers, &mut draft);
        retention::tell(action, answers, &mut draft);
        look.tell(action, answers, &mut draft);
        launch::tell(action, answers, &mut draft);
    }
    closing::close(action, &mut draft);
    draft.finish()
}

/// The forecasters by name, most particular first.
static ALL: [(&str, &dyn Forecaster); 68] = [
    ("rds/instance", &rds::instance::Instance),
    ("rds/cluster", &rds::cluster::Cluster),
    ("rds/snapshot", &rds::snapshot::Snapshot),
    ("dynamodb/table", &dynamodb::table::Table),
    ("dynamodb/items", &dynamodb::items::Items),
    ("dynamodb/backup", &dynamodb::backup::Backup),
    ("s3/object", &s3::object::Object),
    ("s3/versions", &s3::versions::Versions),
    ("s3/bucket", &s3::bucket::Bucket),
    ("ec2/instance", &ec2::instance::Instance),
    ("ec2/volume", &ec2::volume::Volume),
    ("ec2/snapshot", &ec2::snapshot::Snapshot),
    ("ec2/image", &ec2::image::Image),
    ("ec2/security_group", &ec2::security_group::SecurityGroup),
    ("ec2/network", &ec2::network::Network),
    ("iam/role", &iam::role::Role),
    ("iam/user", &iam::user::User),
    ("iam/policy", &iam::policy::Policy),
    ("iam/access_key", &iam::access_key::AccessKey),
    ("iam/instance_profile", &iam::instance_profile::InstanceProfile),
    ("efs/file_system", &efs::file_system::FileSystem),
    ("efs/mount_target", &efs::mount_target::MountTarget),
    ("efs/access_point", &efs::access_point::AccessPoint),
    ("elasticache/replication_group", &elasticache::replication_group::ReplicationGroup),
    ("elasticache/cache_cluster", &elasticache::cache_cluster::CacheCluster),
    ("elasticache/snapshot", &elasticache::snapshot::Snapshot),
    ("memorydb/cluster", &memorydb::cluster::Cluster),
    ("redshift/cluster", &redshift::cluster::Cluster),
    ("redshift/snapshot", &redshift::snapshot::Snapshot),
    ("kms/key", &kms::key::Key),
    ("kms/alias", &kms::alias::Alias),
    ("secretsmanager/secret", &secretsmanager::secret::Secret),
    ("ssm/parameter", &ssm::parameter::Parameter),
    ("route53/records", &route53::records::Records),
    ("route53/zone", &route53::zone::Zone),
    ("ec2/route", &ec2::route::Route),
    ("ec2/acl", &ec2::acl::Acl),
    ("elbv2/load_balancer", &elbv2::load_balancer::LoadBalancer),
    ("elbv2/listener", &elbv2::listener::Listener),
    ("elbv2/target_group", &elbv2::target_group::TargetGroup),
    ("elb/load_balancer", &elb::load_balancer::LoadBalancer),
    ("autoscaling/group", &autoscaling::group::Group),
    ("autoscaling/later", &autoscaling::later::Later),
    ("autoscaling/member", &autoscaling::member::Member),
    ("ecs/service", &ecs::service::Service),
    ("ecs/cluster", &ecs::cluster::Cluster),
    ("ecs/task", &ecs::task::Task),
    ("cloudformation/update", &cloudformation::update::Update),
    ("cloudformation/stack", &cloudformation::stack::Stack),
    ("cloudformation/change_set", &cloudformation::change_set::ChangeSet),
    ("cloudformation/stack_set", &cloudformation::stack_set::StackSet),
    ("eks/cluster", &eks::cluster::Cluster),
    ("eks/node_group", &eks::node_group::NodeGroup),
    ("lambda/function", &lambda::function::Function),
    ("lambda/alias", &lambda::alias::Alias),
    ("lambda/event_source", &lambda::event_source::EventSource),
    ("logs/log_group", &logs::log_group::LogGroup),
    ("sqs/queue", &sqs::queue::Queue),
    ("kinesis/stream", &kinesis::stream::Stream),
    ("opensearch/domain", &opensearch::domain::Domain),
    ("ecr/repository", &ecr::repository::Repository),
    ("aws_backup/vault", &aws_backup::vault::Vault),
    ("aws_backup/recovery_point", &aws_backup::recovery_point::RecoveryPoint),
    ("cloudtrail/trail", &cloudtrail::trail::Trail),
    ("config/recorder", &config::recorder::Recorder),
    ("compare/settings", &compare::settings::Settings),
    ("compare/tags", &compare::tags::TagWrites),
    ("generic", &generic::Generic),
];

fn named(action: &Action) -> (&'static str, &'static dyn Forecaster) {
    ALL.into_iter()
        .find(|(_, forecaster)| forecaster.applies(action))
        .unwrap_or(("generic", &generic::Generic))
}

/// The forecaster of an action; the generic one where no other knows it.
pub fn forecaster_for(action: &Action) -> &'static dyn Forecaster {
    named(action).1
}

/// The name of that forecaster: the service and the kind, as in `rds/instance`.
pub fn name_of(action: &Action) -> &'static str {
    named(action).0
}

/// The name of every forecaster.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}
