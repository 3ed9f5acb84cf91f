//! Athena, Redshift, Aurora, Timestream: statements that a service runs for the request.

use interlock_action::{Claim, Effect};

use super::{Rule, Shape, claim, only_if};
use crate::effect::{Subject, sql};

pub(super) const RULES: &[Rule] = &[SQL, GRAPH];

const SQL: Rule = Rule {
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
};

const GRAPH: Rule = Rule {
    id: "graph-query-deletes",
    finds: "a query of a graph that deletes",
    shape: Shape::Setting,
    operations: &[
        ("neptunedata", "ExecuteGremlinQuery"),
        ("neptunedata", "ExecuteGremlinProfileQuery"),
        ("neptunedata", "ExecuteOpenCypherQuery"),
        ("neptune-graph", "ExecuteQuery"),
    ],
    test: |subject| {
        let mut texts = ["gremlinQuery", "openCypherQuery", "queryString"].into_iter();
        // A word is enough to say that data goes; that none stands there never proves.
        let deletes = |text: &str| {
            let text = text.to_lowercase();
            ["drop", "delete", "remove"].iter().any(|word| text.contains(word))
        };
        only_if(
            texts.any(|member| subject.text(member).is_some_and(deletes)),
            claim(Effect::Destroy, "deletes what the graph holds"),
        )
    },
};

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
