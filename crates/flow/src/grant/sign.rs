//! From a request to the terms of a grant, and from signatures to a grant that stands.

use interlock_action::{GrantId, Millis, PersonId, Surface};
use interlock_approval::{People, Refusal, State, Ticket, Within};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::{Ask, Evidence, Hypothetical, ProbeError, Selector, Tier, Ungrantable, Verified};

use super::{
    Grant, GrantEnd, GrantSigner, GrantTerms, GrantWish, LONGEST_GRANT, MOST_USES, Reach, shape::shape,
};
use crate::{
    Decisive, Event, Guard, JournalError, Memory, Record, Road,
    approve::{SignedBy, decided},
};

/// Why there is no grant.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// There is none for actions like this.
    #[error("{0}")]
    Ungrantable(#[from] Ungrantable),
    /// Not of this request.
    #[error("{0}")]
    Request(String),
    /// What was signed is not what this request gives.
    #[error("these are not the terms that this request gives now: look at them again")]
    OtherTerms,
    /// The signature does not count.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The policy cannot be asked.
    #[error(transparent)]
    Policy(#[from] ProbeError),
    /// It could not be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Road {
    /// What a grant for the like of a request would be. `asks` is what the policy was asked about it.
    ///
    /// # Errors
    /// There is none of it.
    pub fn grant_terms(
        &self,
        ticket: &Ticket,
        asks: &[Ask],
        wish: GrantWish,
    ) -> Result<GrantTerms, GrantError> {
        let (held, refused) = (&ticket.held, |why: &str| Err(GrantError::Request(why.to_owned())));
        if held.tier != Tier::T3.name() {
            return refused("a grant stands in for one person: what takes two is looked at each time");
        }
        if held.action.surface != Surface::Aws {
            return refused("what is applied as a whole is looked at as a whole, each time");
        }
        if !held.forecast.data_loss.is_empty() {
            return refused("it loses data, which is looked at each time");
        }
        if !matches!(ticket.state, State::Pending | State::Approved { .. } | State::Consumed { .. }) {
            return refused(&format!("the request is {}", ticket.state.name()));
        }
        if wish.minutes == 0 || wish.minutes > LONGEST_GRANT || wish.count == 0 || wish.count > MOST_USES {
            return refused(&format!(
                "a grant stands for 1 to {LONGEST_GRANT} minutes and lets 1 to {MOST_USES} calls pass"
            ));
        }
        let selector = Selector::of(held.action.operation.clone(), asks, wish.any_target)?;
        self.yields(asks)?;
        // What is kept of it is sealed already.
        let arguments = (!wish.any_arguments).then_some(&held.action.arguments);
        let arguments = shape(&held.action, asks, arguments);
        let arguments = arguments.map_err(|error| GrantError::Request(error.to_string()))?;
        Ok(GrantTerms {
            ticket: ticket.id.clone(),
            digest: ticket.digest,
            session: ticket.session.clone(),
            policy: selector.cedar()?,
            selector,
            arguments,
            any_arguments: wish.any_arguments,
            reach: Reach::of(asks, &held.forecast),
            unknowns: held.forecast.unknowns.iter().cloned().collect(),
            count: wish.count,
            minutes: wish.minutes,
        })
    }

    /// Whether the policy lets such an action pass by a grant, and what a machine can bring: some rule may take people each time.
    fn yields(&self, asks: &[Ask]) -> Result<(), GrantError> {
        let evidence = Evidence {
            forecast: true,
            recovery_point: true,
            rehearsal: true,
            granted: true,
            ..Evidence::none(0, false)
        };
        let (granted, most) = (Verified::new(evidence), Hypothetical::new(evidence));
        let decision = self.bundle().decide(asks, &granted, &most);
        if decision.admits() {
            return Ok(());
        }
        let rule = decision.rules().first().map_or("a rule", |rule| rule.rule.as_str());
        Err(GrantError::Request(format!("`{rule}` asks people each time: no grant stands in for them")))
    }

    /// Takes somebody's signature under these terms, which the caller has checked. With the last one that it takes the grant stands, and
    /// the request that it was made of is approved by the same signatures.
    ///
    /// # Errors
    /// The terms are not this request's; whoever signed does not count.
    pub async fn sign_grant(
        &self,
        terms: &GrantTerms,
        asks: &[Ask],
        (person, signed): (&PersonId, &SignedBy),
        (reason, signature): (&str, &str),
    ) -> Result<Grant, GrantError> {
        let key = &signed.key;
        let _one_at_a_time = self.deciding.lock().await;
        let now = self.ports.clock.now();
        let (grant, record) = {
            let memory = self.memory();
            let (ticket, signer) = memory
                .tickets
                .get(&terms.ticket)
                .map(|ticket| ticket.as_of(now))
                .zip(memory.people.get(person))
                .ok_or_else(|| GrantError::Request("there is no such request".to_owned()))?;
            if self.grant_terms(&ticket, asks, terms.wish())? != *terms {
                return Err(GrantError::OtherTerms);
            }
            let mut grant = self.to_sign(terms, &ticket, (&memory, now))?;
            if grant.signers.iter().any(|have| have.person == *person) {
                return Err(Refusal::Twice(person.to_string()).into());
            }
            grant.signers.push(GrantSigner {
                person: person.clone(),
                roles: self.settings.roles.of(signer),
                key: key.fingerprint.clone(),
            });
            grant.since = is_complete(&grant, &ticket).then_some(now);
            let words = (reason, signature);
            let entry = decided(&ticket, Decisive::Approve, (person, key), (&memory, now), words);
            let entry = Entry { kind: EntryKind::Granted, ..entry }
                .public("grant", &grant.id)
                .public("session", &terms.session)
                .public("stands", grant.since.is_some())
                .public("until", grant.until())
                .public("count", terms.count)
                .private("terms", terms);
            let within = Some(Within::Grant { grant: grant.id.clone() });
            let yes = self.yes(&ticket, (&memory, now), (signer, key), (reason, signature), within)?;
            // Where the request still waits for this person, it is approved with it.
            let waits = ticket.step(yes.clone(), now).is_ok();
            let step = waits.then(|| Guard::Step(ticket.id.clone(), Box::new(yes), now));
            let (unused, used) = signed.uses(person);
            let guards = step.into_iter().chain(unused).collect();
            let granted = Event::Granted { grant: Box::new(grant.clone()) };
            let events = std::iter::once(granted).chain(used).collect();
            (grant, Record { entry, events, guards })
        };
        self.ports.journal.commit(record).await?;
        Ok(grant)
    }

    /// The grant under these terms that waits for another to sign; or a new one.
    fn to_sign(
        &self,
        terms: &GrantTerms,
        ticket: &Ticket,
        (memory, now): (&Memory, Millis),
    ) -> Result<Grant, GrantError> {
        let session = memory.sessions.get(&terms.session).filter(|_| !memory.is_over(&terms.session));
        let session = session.ok_or_else(|| GrantError::Request("its session has ended".to_owned()))?;
        if session.launch != ticket.held.launch || session.agent.owner != ticket.held.owner {
            let why = "somebody else has launched its session since it was asked for";
            return Err(GrantError::Request(why.to_owned()));
        }
        let people = memory.people_now(now);
        // Whoever signs again after a time-out means the same one.
        let stands = |have: &&Grant| have.terms == *terms && memory.grant_idle(have, now).is_none();
        if let Some(have) = memory.grants.values().find(stands) {
            let why = format!("grant {} of the same terms stands already", have.id);
            return Err(GrantError::Request(why));
        }
        let open = memory.grants.values().find(|have| {
            let fresh = now < have.opened.saturating_add(self.settings.ticket_lifetime);
            let waits = have.since.is_none() && have.ended.is_none();
            have.terms == *terms && have.people == people && waits && fresh
        });
        Ok(open.cloned().unwrap_or_else(|| Grant {
            id: GrantId::new(format!("gr-{}", self.draw().chars().take(10).collect::<String>())),
            terms: terms.clone(),
            signers: Vec::new(),
            owner: session.agent.owner.clone(),
            launch: session.launch.clone(),
            people,
            opened: now,
            since: None,
            used: 0,
            ended: None,
        }))
    }

    /// Ends a grant before its time.
    ///
    /// # Errors
    /// It could not be recorded.
    pub async fn end_grant(
        &self,
        grant: &GrantId,
        person: &PersonId,
        reason: &str,
    ) -> Result<(), JournalError> {
        let _one_at_a_time = self.deciding.lock().await;
        let now = self.ports.clock.now();
        let end = GrantEnd { at: now, why: format!("{person} ended it") };
        let entry = Entry::new(EntryKind::GrantEnded, now)
            .public("grant", grant)
            .public("person", person)
            .private("reason", reason);
        let events = vec![Event::GrantEnded { grant: grant.clone(), end }];
        self.ports.journal.commit(Record { entry, events, guards: Vec::new() }).await.map(|_| ())
    }
}

/// Whether those who signed for a grant could approve the request that it was made of.
fn is_complete(grant: &Grant, ticket: &Ticket) -> bool {
    let people = People { owner: &ticket.held.owner, launch: &ticket.held.launch };
    let signers: Vec<_> =
        grant.signers.iter().map(|signer| (signer.person.clone(), signer.roles.clone())).collect();
    ticket.quorum.missing(&signers, &people) == 0
}
