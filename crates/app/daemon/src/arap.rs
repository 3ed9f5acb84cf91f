//! AuthZEN's Access Request and Approval Profile over the requests that held calls have opened. An adapter: it reads, and decides nothing.

use std::collections::BTreeMap;

use interlock_action::TicketId;
use interlock_api::{
    AccessAction, AccessRequest, ApprovalContext, Entity, EvaluationAnswer, Fault, Task, TaskAnswer,
    TaskApproval, TaskProgress, TaskResult, TaskStatus, exact, rfc3339,
};
use interlock_approval::{State, Ticket};
use serde_json::{Map, Value, json};

use crate::state::Daemon;

/// Where the approval stands in the context of an evaluation.
const APPROVAL: &str = "authzen_access_request_approval";

impl Daemon {
    /// The task of the denial that is to be lifted.
    pub(crate) fn access_request(&self, request: &AccessRequest) -> Result<TaskAnswer, Fault> {
        let ticket = self.find(&TicketId::new(&request.denial.evaluation_id))?;
        if !is_about(&ticket, &request.subject, &request.action, &request.resource) {
            let why = "that denial was of another subject, action or resource";
            return Err(Fault::refused(why).hint("send what was evaluated, with its `evaluation_id`"));
        }
        Ok(self.task(&ticket))
    }

    /// How a task stands.
    pub(crate) fn access_task(&self, id: &str) -> Result<TaskAnswer, Fault> {
        self.find(&TicketId::new(id)).map(|ticket| self.task(&ticket))
    }

    fn task(&self, ticket: &Ticket) -> TaskAnswer {
        let id = ticket.id.to_string();
        let status = match &ticket.state {
            State::Pending => TaskStatus::Pending,
            State::Approved { .. } => TaskStatus::Approved,
            State::Denied { .. } => TaskStatus::Denied,
            State::Expired | State::Consumed { .. } => TaskStatus::Expired,
            State::Void { .. } => TaskStatus::Cancelled,
        };
        let total_steps = ticket.quorum.slots.len();
        let review = format!("{}/requests/{}", self.addresses().console, exact(&id));
        let task = Task {
            status,
            status_endpoint: format!("http://interlock/access/v1/requests/{id}"),
            progress: TaskProgress {
                current_step: ticket.filled().saturating_add(1).min(total_steps),
                total_steps,
            },
            expires_at: rfc3339(ticket.held.expires),
            links: BTreeMap::from([("review".to_owned(), review)]),
            id,
        };
        TaskAnswer { task, result: result(ticket) }
    }

    /// What the profile adds to an evaluation that would be held: that people are asked about such a call already, or that they have
    /// approved it. The answer stays no: what they approved is one call, and the gateway knows it by its digest.
    pub(crate) fn with_requests(
        &self,
        mut answer: EvaluationAnswer,
        (subject, action, resource): (&Entity, &AccessAction, &Entity),
        context: &Map<String, Value>,
    ) -> EvaluationAnswer {
        let now = self.now();
        if answer.decision {
            return answer;
        }
        let approval = context.get(APPROVAL).and_then(|approval| approval.get("approval_id")?.as_str());
        let held = answer.context.get("outcome").and_then(Value::as_str) == Some("hold");
        let found = {
            let memory = self.memory();
            let about = |ticket: &&Ticket| ticket.stands(now) && is_about(ticket, subject, action, resource);
            let open = memory.tickets.values().filter(about);
            let named = |ticket: &&Ticket| approval.is_none_or(|id| ticket.id.as_str() == id);
            open.filter(named).max_by_key(|ticket| ticket.held.opened).cloned()
        };
        let Some(ticket) = found.filter(|_| held) else { return answer };
        // INVARIANT: an approval is of one call, bytes and all, which nobody sends here: it is named, and never a yes.
        if let Some(result) = result(&ticket).filter(|_| approval.is_some()) {
            answer.context.insert("approval".to_owned(), json!(result.approval));
            return answer;
        }
        answer.context.insert("evaluation_id".to_owned(), json!(ticket.id));
        let requestable = json!({
            "requestable": true,
            "reason": "held",
            "expires_at": rfc3339(ticket.held.expires),
        });
        answer.context.insert("access_request".to_owned(), requestable);
        answer
    }
}

/// Whether a request is about this.
fn is_about(ticket: &Ticket, subject: &Entity, action: &AccessAction, resource: &Entity) -> bool {
    let held = &ticket.held;
    subject.kind == "agent"
        && held.agent.as_str() == subject.id
        && held.claims().any(|claim| claim.effect.name() == action.name)
        && held.action.targets.iter().any(|target| target.id.as_str() == resource.id)
}

fn result(ticket: &Ticket) -> Option<TaskResult> {
    let State::Approved { at } = ticket.state else { return None };
    let id = ticket.id.to_string();
    Some(TaskResult {
        mode: "reevaluate".to_owned(),
        approval: TaskApproval {
            id: id.clone(),
            approved_at: rfc3339(at),
            approved_until: rfc3339(ticket.held.expires),
        },
        approval_context: ApprovalContext { approval_id: id },
    })
}
