//! The decision: one ruling an ask, and the worst of them. Approvals are facts in the request (ADR-0006).

use std::collections::BTreeSet;

use interlock_action::{Effect, RuleId};

use crate::memo::Key;
use crate::request::{Answer, EvaluationError, Situation};
use crate::{Ask, Bundle, Decision, Evidence, Hypothetical, Need, Reason, Tier, Verified, search};

/// What one ask comes to, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// The verified evidence is enough.
    Admit,
    /// Machine evidence is missing, and nothing else.
    Obtain,
    /// People are missing.
    Hold,
    /// Nothing that could come would be enough.
    Refuse,
}

/// The ruling on one ask.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    verdict: Verdict,
    tier: Tier,
    needs: Vec<Need>,
    rules: Vec<Reason>,
}

impl Bundle {
    /// Decides. The worst of the asks wins; what they need adds up.
    ///
    /// `verified` alone can admit ([`Decision::admits`]); `reachable` tells a hold from a final refusal. No ask, and any
    /// error while evaluating, is a refusal. An answer says nothing about later: when evidence has come, decide again,
    /// with the bundle then in force.
    pub fn decide(&self, asks: &[Ask], verified: &Verified, reachable: &Hypothetical) -> Decision {
        let mut whole =
            Ruling { verdict: Verdict::Admit, tier: Tier::T0, needs: Vec::new(), rules: Vec::new() };
        for ask in asks {
            let key = Key { ask, verified: &verified.0, reachable: &reachable.0 };
            let ruling = self.memo.get(key, || self.rule_on(ask, &verified.0, &reachable.0));
            whole.add(&ruling);
        }
        if asks.is_empty() {
            whole.add(&Ruling::refused(vec![no_effect()]));
        }
        whole.into_decision()
    }

    fn rule_on(&self, ask: &Ask, verified: &Evidence, reachable: &Evidence) -> Ruling {
        self.try_rule_on(ask, verified, reachable)
            .unwrap_or_else(|error| Ruling::refused(vec![evaluation_failed(ask, &error)]))
    }

    fn try_rule_on(
        &self,
        ask: &Ask,
        verified: &Evidence,
        reachable: &Evidence,
    ) -> Result<Ruling, EvaluationError> {
        let slice = self.slices.get(&ask.effect);
        let slice = slice.ok_or_else(|| EvaluationError::new("no policy is loaded"))?;
        let situation = Situation::new(ask, slice)?;
        let verified = verified.consistent();
        let ceiling = ceiling(ask, &verified, reachable);
        let bare = Evidence::none(verified.team, verified.solo);

        let at_bare = situation.ask_all(&bare)?;
        let now = if verified == bare { at_bare.clone() } else { situation.ask_all(&verified)? };
        if now.allowed && at_bare.allowed {
            let (tier, rules) =
                (search::tier(&bare, ask.effect == Effect::Read), self.reasons(ask, &at_bare));
            return Ok(Ruling { verdict: Verdict::Admit, tier, needs: Vec::new(), rules });
        }

        // The tier is what the action takes of people, whatever has come already in their place.
        let without_glass = Evidence { break_glass: false, granted: false, ..ceiling };
        let takes = self.cheapest(&situation, &at_bare, &bare, &without_glass)?;
        let tier = takes.map_or(Tier::T4, |takes| search::tier(&takes, ask.effect == Effect::Read));
        if now.allowed {
            let rules = self.reasons(ask, &at_bare);
            return Ok(Ruling { verdict: Verdict::Admit, tier, needs: Vec::new(), rules });
        }
        // What is missing starts from what has come: an approval given is not asked for again in another form.
        let wanted =
            if verified == bare { takes } else { self.cheapest(&situation, &at_bare, &verified, &ceiling)? };
        let Some(wanted) = wanted else {
            let top = situation.ask_all(&ceiling)?;
            return if top.allowed { Err(not_found()) } else { Ok(Ruling::refused(self.reasons(ask, &top))) };
        };
        let needs = search::missing(&wanted, &verified);
        if needs.is_empty() {
            return Err(not_found());
        }
        let machine = needs.iter().all(|need| need.machine());
        let verdict = if machine { Verdict::Obtain } else { Verdict::Hold };
        Ok(Ruling { verdict, tier, needs, rules: self.reasons(ask, &now) })
    }

    /// The cheapest evidence that is enough. More evidence adds no forbid, so only those that deny without any are asked
    /// on the way, and only evidence that they look at is tried; the whole slice confirms what is found.
    fn cheapest(
        &self,
        situation: &Situation<'_>,
        at_bare: &Answer,
        floor: &Evidence,
        ceiling: &Evidence,
    ) -> Result<Option<Evidence>, EvaluationError> {
        let closed: Vec<_> =
            at_bare.rules.iter().filter_map(|id| self.rules.get(&RuleId::new(id.as_str()))).collect();
        if !at_bare.allowed && !closed.is_empty() {
            let uses = closed.iter().fold(Evidence::default(), |uses, rule| uses.join(&rule.uses));
            let bare = Evidence::none(floor.team, floor.solo);
            let found = search::cheapest(floor, &ceiling.meet(&uses), |evidence| {
                if *evidence == bare {
                    return Ok(false);
                }
                let request = situation.request(evidence)?;
                for rule in &closed {
                    if !situation.ask(&rule.alone, &request)?.rules.is_empty() {
                        return Ok(false);
                    }
                }
                Ok(true)
            })?;
            match found {
                None => return Ok(None),
                Some(found) if situation.ask_all(&found)?.allowed => return Ok(Some(found)),
                Some(_) => {}
            }
        }
        search::cheapest(floor, ceiling, |evidence| Ok(situation.ask_all(evidence)?.allowed))
    }

    fn reasons(&self, ask: &Ask, answer: &Answer) -> Vec<Reason> {
        if answer.rules.is_empty() {
            return vec![nothing_permits(ask)];
        }
        let found = answer.rules.iter().filter_map(|id| self.rules.get(&RuleId::new(id.as_str())));
        let mut reasons: Vec<Reason> = found
            .map(|rule| Reason {
                rule: rule.about.id.clone(),
                tier: rule.about.tier,
                why: rule.about.why.clone(),
                next: rule.about.next.clone(),
                target: Some(ask.target.id.clone()),
            })
            .collect();
        worst_first(&mut reasons);
        reasons
    }
}

/// The most that could be there in the end. A recovery point that cannot be made does not come.
fn ceiling(ask: &Ask, verified: &Evidence, reachable: &Evidence) -> Evidence {
    let reachable = Evidence {
        recovery_point: reachable.recovery_point && ask.facts.securable,
        break_glass: false,
        granted: false,
        ..*reachable
    };
    verified.join(&reachable).consistent()
}

/// INVARIANT: the gates admit only rules that more evidence never hurts and quorums that the search tries, so what is
/// allowed with the most evidence is found. Were it not so, refusing is safe.
fn not_found() -> EvaluationError {
    EvaluationError::new("evidence that is enough was not found")
}

fn worst_first(reasons: &mut [Reason]) {
    reasons.sort_by(|one, other| {
        (other.tier.cmp(&one.tier))
            .then_with(|| one.rule.cmp(&other.rule))
            .then_with(|| one.target.cmp(&other.target))
    });
}

impl Ruling {
    fn refused(rules: Vec<Reason>) -> Self {
        Self { verdict: Verdict::Refuse, tier: Tier::Refuse, needs: Vec::new(), rules }
    }

    /// Takes another ask's ruling in: the rules of the worst verdict speak, needs and tier add up.
    fn add(&mut self, other: &Self) {
        if other.verdict.outcome() > self.verdict.outcome() {
            self.rules.clear();
        }
        if other.verdict.outcome() >= self.verdict.outcome() {
            self.rules.extend(other.rules.iter().cloned());
        }
        self.verdict = self.verdict.max(other.verdict);
        self.tier = self.tier.max(other.tier);
        self.needs.extend_from_slice(&other.needs);
    }

    fn into_decision(mut self) -> Decision {
        worst_first(&mut self.rules);
        self.rules.dedup();
        let mut needs: BTreeSet<Need> = self.needs.into_iter().collect();
        if needs.contains(&Need::TwoPeople) {
            needs.remove(&Need::OnePerson);
        }
        let (tier, needs, rules) = (self.tier, needs.into_iter().collect(), self.rules);
        match self.verdict {
            Verdict::Admit | Verdict::Obtain => Decision::Allow { tier, needs, rules },
            Verdict::Hold => Decision::Hold { tier, needs, rules },
            Verdict::Refuse => Decision::Refuse { rules },
        }
    }
}

impl Verdict {
    /// Allow, hold, refuse.
    fn outcome(self) -> u8 {
        match self {
            Self::Admit | Self::Obtain => 0,
            Self::Hold => 1,
            Self::Refuse => 2,
        }
    }
}

fn no_effect() -> Reason {
    Reason {
        rule: RuleId::new("no-effect"),
        tier: Tier::Refuse,
        why: "Nobody could say what this action would do, not even which effect to judge.".into(),
        next: "Do not retry. Report the operation: no reader knows it.".into(),
        target: None,
    }
}

fn nothing_permits(ask: &Ask) -> Reason {
    Reason {
        rule: RuleId::new("nothing-permits"),
        tier: Tier::Refuse,
        why: "No rule permits this effect.".into(),
        next: "Do not retry. A person can look at the policy with `interlock policy check`.".into(),
        target: Some(ask.target.id.clone()),
    }
}

fn evaluation_failed(ask: &Ask, error: &EvaluationError) -> Reason {
    Reason {
        rule: RuleId::new("evaluation-failed"),
        tier: Tier::Refuse,
        why: format!("The policy could not be evaluated, so it refuses: {error}").into(),
        next: "Do not retry. A person can look at the policy with `interlock policy check`.".into(),
        target: Some(ask.target.id.clone()),
    }
}
