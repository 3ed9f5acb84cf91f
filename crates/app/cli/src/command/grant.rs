//! `interlock grant`

use std::{process::ExitCode, time::Duration};

use clap::{Args, Subcommand};
use interlock_action::PersonId;
use interlock_api::{EndGrant, GrantOffer, GrantRow, SignGrant, Status, exact};
use interlock_flow::GrantTerms;

use crate::{
    client::Client,
    command::{Global, by::By},
    exit::Exit,
    fault::Fault,
    output::{Output, table, tell, time, visible},
    sign,
    time::now,
};

/// How long somebody has to sign in the console, in seconds.
const PATIENCE: u64 = 600;

/// Let the like of a request pass for a while, so that nobody is asked the same again.
///
/// A grant stands in for the one person whom a T3 takes, and for nothing else: never for what destroys data, changes who can reach
/// or do what, takes off a guard, or is outside the task. It is of one session, for so many calls and minutes, and over at the
/// first call that fails.
#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// Show what a grant of a request would let pass, and what else it would have in the last seven days.
    Preview {
        #[command(flatten)]
        wish: Wish,
    },
    /// Sign one. Whoever could approve the request signs, and approves it with that; where it takes two, both.
    Add {
        #[command(flatten)]
        wish: Wish,
        #[command(flatten)]
        by: By,
    },
    /// Sign one that waits for another person, under the same terms.
    Sign {
        /// Which.
        id: String,
        #[command(flatten)]
        by: By,
    },
    /// End one at once. Anybody who is enrolled may.
    End {
        /// Which.
        id: String,
        #[command(flatten)]
        by: By,
    },
    /// List every one, those that stand first.
    Ls,
}

/// What is wished for.
#[derive(Debug, Args)]
pub(crate) struct Wish {
    /// The request whose like is to pass.
    request: String,
    /// For how many minutes, up to 1440.
    #[arg(long, value_name = "N", default_value_t = 60)]
    minutes: u64,
    /// How many calls, up to 100.
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: u32,
    /// On every thing of these kinds in the same environment and account, not on these alone.
    #[arg(long)]
    any_target: bool,
    /// With any arguments, not with the same but for the names of the things.
    #[arg(long)]
    any_arguments: bool,
}

impl Wish {
    fn offer(&self, client: &Client) -> Result<GrantOffer, Fault> {
        let Self { request, minutes, count, any_target, any_arguments } = self;
        client.get(&format!(
            "/v1/requests/{request}/grant?minutes={minutes}&count={count}&any_target={any_target}&any_arguments={any_arguments}"
        ))
    }
}

impl Grant {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::Preview { wish } => output.show(&wish.offer(&client)?, offer),
            Self::Add { wish, by } => {
                let offered = wish.offer(&client)?;
                tell(&offer(&offered));
                output.show(&signed(&client, offered.terms, &by)?, row);
            }
            Self::Sign { id, by } => {
                let all: Vec<GrantRow> = client.get("/v1/grants")?;
                let found = all.into_iter().find(|row| row.grant.id.as_str() == id);
                let known = found.ok_or_else(|| {
                    Fault::failed(format!("there is no grant `{id}`"))
                        .hint("list them with `interlock grant ls`")
                })?;
                tell(&visible(&known.words.join("\n")));
                output.show(&signed(&client, known.grant.terms, &by)?, row);
            }
            Self::End { id, by } => {
                let body = EndGrant { id: id.as_str().into() };
                let request = sign::administrative(&client, "end-grant", &id, body, &by.key, &by.reason)?;
                let ended: GrantRow = client.post("/v1/grants/end", &request)?;
                output.show(&ended, row);
            }
            Self::Ls => {
                let all: Vec<GrantRow> = client.get("/v1/grants")?;
                output.show(&all, |all| {
                    let rows: Vec<Vec<String>> = all.iter().map(line).collect();
                    table(&["GRANT", "AGENT", "OPERATION", "USED", "UNTIL", "STATE"], &rows)
                });
            }
        }
        Ok(Exit::Ok.into())
    }
}

fn signed(client: &Client, terms: GrantTerms, by: &By) -> Result<GrantRow, Fault> {
    if let Some(person) = sign::whose_passkey(&by.key) {
        return in_console(client, &terms, &person);
    }
    let subject = terms.ticket.to_string();
    let request = sign::administrative(client, "grant", &subject, SignGrant { terms }, &by.key, &by.reason)?;
    client.post("/v1/grants", &request)
}

/// Leads to the page of the grant, where passkeys sign, and waits until this person has.
fn in_console(client: &Client, terms: &GrantTerms, person: &PersonId) -> Result<GrantRow, Fault> {
    let console = client.get::<Status>("/v1/status")?.console;
    tell(&format!("sign in a browser: {console}{}", GrantOffer::page(terms)));
    for _ in 0..PATIENCE {
        let all: Vec<GrantRow> = client.get("/v1/grants")?;
        let signed = |row: &GrantRow| {
            row.grant.terms == *terms
                && !row.grant.is_over(now())
                && row.grant.signers.iter().any(|signer| signer.person == *person)
        };
        if let Some(row) = all.into_iter().find(signed) {
            return Ok(row);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    Err(Fault::failed("nobody signed in the console in time").hint("its page can still be opened"))
}

fn offer(offer: &GrantOffer) -> String {
    let GrantOffer { words, would, looked_at, more, .. } = offer;
    let mut lines = words.clone();
    lines.push(format!("\nAs the policy asks it:\n{}", offer.policy()));
    let beyond = if *more { ", the newest; there are more" } else { "" };
    lines.push(format!(
        "\nOf {looked_at} held actions of the last seven days{beyond} it would have let {} pass, by operation, effect and place (arguments are not compared).",
        offer.passed
    ));
    lines.extend(would.iter().map(|one| {
        let targets = one.targets.iter().map(|target| exact(target)).collect::<Vec<_>>().join(", ");
        let when = time(one.at);
        format!("  {when}  {} ({}) on {targets}", one.ticket, one.became)
    }));
    visible(&lines.join("\n"))
}

fn row(row: &GrantRow) -> String {
    let (id, until) = (&row.grant.id, row.grant.until().map(time).unwrap_or_default());
    match &row.idle {
        None => format!("{id} stands until {until}; end it with `interlock grant end {id}`"),
        Some(why) if row.grant.since.is_none() && row.grant.ended.is_none() => {
            format!("{id} does not stand yet: {why}: `interlock grant sign {id}`")
        }
        Some(why) => format!("{id} lets nothing pass now: {}", visible(why)),
    }
}

fn line(row: &GrantRow) -> Vec<String> {
    let GrantRow { grant, idle, .. } = row;
    vec![
        grant.id.to_string(),
        visible(grant.terms.selector.agent.as_str()),
        visible(grant.terms.selector.operation.as_str()),
        format!("{} of {}", grant.used, grant.terms.count),
        grant.until().map(time).unwrap_or_default(),
        idle.as_deref().map_or("stands".to_owned(), visible),
    ]
}
