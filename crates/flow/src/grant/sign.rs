//! From a request to the terms of a grant, and from signatures to a grant that stands.

use interlock_action::{Digest, GrantId, PersonId};
use interlock_approval::{EnrolledKey, People, Refusal, State, Ticket, Within};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::{Ask, ProbeError, Selector, Tier, Ungrantable};

use super::{
    Grant, GrantEnd, GrantSigner, GrantTerms, GrantWish, LONGEST_GRANT, MOST_USES, fallen, shape::shape,
};
use crate::{Event, Guard, JournalError, Record, Road, stop::Stop};

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
    /// What the arguments of an action have in common with others like it.
    pub(crate) fn shape_of(&self, action: &interlock_action::Action) -> Result<Digest, Stop> {
        let sealed = self.settings.sealer.seal_all(&action.arguments, &action.secrets);
        shape(action, sealed).map_err(|error| Stop::Ledger(error.to_string()))
    }

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
        // What is kept of it is sealed already.
        let arguments = shape(&held.action, held.action.arguments.clone());
        let arguments = arguments.map_err(|error| GrantError::Request(error.to_string()))?;
        Ok(GrantTerms {
            ticket: ticket.id.clone(),
            digest: ticket.digest,
            session: ticket.session.clone(),
            policy: selector.cedar()?,
            selector,
            arguments: (!wish.any_arguments).then_some(arguments),
            things: fallen(asks),
            unknowns: held.forecast.unknowns.iter().cloned().collect(),
            count: wish.count,
            minutes: wish.minutes,
        })
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
        (person, key): (&PersonId, &EnrolledKey),
        (reason, signature): (&str, &str),
    ) -> Result<Grant, GrantError> {
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
            if memory.is_over(&terms.session) {
                return Err(GrantError::Request("its session has ended".to_owned()));
            }
            let open = memory
                .grants
                .values()
                .find(|have| have.terms == *terms && have.since.is_none() && have.ended.is_none());
            let id = || GrantId::new(format!("gr-{}", self.draw().chars().take(10).collect::<String>()));
            let mut grant = open.cloned().unwrap_or_else(|| Grant {
                id: id(),
                terms: terms.clone(),
                signers: Vec::new(),
                since: None,
                used: 0,
                ended: None,
            });
            if grant.signers.iter().any(|have| have.person == *person) {
                return Err(Refusal::Twice(person.to_string()).into());
            }
            grant.signers.push(GrantSigner {
                person: person.clone(),
                roles: signer.roles.clone(),
                key: key.fingerprint.clone(),
            });
            grant.since = is_complete(&grant, &ticket).then_some(now);
            let entry = Entry::new(EntryKind::Granted, now)
                .public("grant", &grant.id)
                .public("ticket", &terms.ticket)
                .public("session", &terms.session)
                .public("person", person)
                .public("key", &key.fingerprint)
                .public("stands", grant.since.is_some())
                .public("until", grant.until())
                .public("count", terms.count)
                .private("terms", terms)
                .private("reason", reason)
                .private("signature", signature);
            let within = Some(Within::Grant { grant: grant.id.clone() });
            let yes = self.yes(&ticket, (&memory, now), (signer, key), (reason, signature), within)?;
            // Where the request still waits for this person, it is approved with it.
            let waits = ticket.step(yes.clone(), now).is_ok();
            let guards =
                waits.then(|| Guard::Step(ticket.id.clone(), Box::new(yes), now)).into_iter().collect();
            let events = vec![Event::Granted { grant: Box::new(grant.clone()) }];
            (grant, Record { entry, events, guards })
        };
        self.ports.journal.commit(record).await?;
        Ok(grant)
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
