//! Athena, Redshift, Aurora, Timestream: statements that a service runs for the request.

use interlock_action::{Claim, Effect};

use super::{Rule, Shape, claim};
use crate::effect::{Subject, sql};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "sql-runs",
    finds: "a statement that does more than read",
    shape: Shape::Delegation { identity: &["SecretArn", "secretArn", "DbUser"] },
    operations: &[
        ("athena", "StartQueryExecution"),
        ("timestream-query", "Query"),
        ("redshift-data", "ExecuteStatement"),
        ("redshift-data", "BatchExecuteStatement"),
        ("rds-data", "ExecuteStatement"),
        ("rds-data", "BatchExecuteStatement"),
    ],
    test: sql_runs,
}];

fn sql_runs(subject: &Subject<'_>) -> Vec<Claim> {
    let statements = sql::statements(subject);
    let reads = |statement: &&str| sql::reads(subject.family(), statement);
    let batch = subject.is("rds-data", "BatchExecuteStatement");
    if !statements.is_empty() && !batch && statements.iter().all(reads) {
        return Vec::new();
    }
    let mut claims = vec![claim(Effect::Execute, "runs SQL that may do more than read")];
    // The first word is enough to say that data goes; that none does it never proves.
    let destroys = ["DROP", "DELETE", "TRUNCATE"];
    if statements.iter().any(|statement| destroys.contains(&sql::first_word(statement).as_str())) {
        claims.push(claim(Effect::Destroy, "runs SQL that deletes"));
    }
    claims
}
