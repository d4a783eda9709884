//! Why a message ended.

use serde_json::Value;

use super::wire::WireStop;
use crate::net::FinishReason;
use crate::protocol::{ErrorKind, ProviderError};

/// What a reason means: an end, or a failure. `has_content`: something of the answer came.
pub(super) fn meaning(
    reason: WireStop,
    details: Option<&Value>,
    has_content: bool,
) -> Result<FinishReason, ProviderError> {
    match reason {
        WireStop::End => Ok(FinishReason::Stop),
        WireStop::ToolUse => Ok(FinishReason::ToolCalls),
        // A turn with tools of the provider takes too long, and the same request would go on with
        // it. None are asked for; should it come all the same, the answer is as unfinished as one
        // that reached its limit, and whether it goes on is for the user to say.
        WireStop::MaxTokens | WireStop::PauseTurn => Ok(FinishReason::Length),
        WireStop::ModelContextWindowExceeded if has_content => Ok(FinishReason::Length),
        WireStop::ModelContextWindowExceeded => Err(ProviderError {
            code: Some("model_context_window_exceeded".to_owned()),
            ..ProviderError::new(
                ErrorKind::ContextTooLong,
                "The conversation leaves the model no room for an answer",
            )
        }),
        WireStop::Refusal => Err(refused(details)),
    }
}

fn refused(details: Option<&Value>) -> ProviderError {
    let told = |name: &str| {
        let text = details.and_then(|details| details[name].as_str()).map(str::trim);
        text.filter(|text| !text.is_empty())
    };
    let message = match (told("explanation"), told("category")) {
        (Some(explanation), _) => explanation.to_owned(),
        (None, Some(category)) => {
            format!("The model declined to answer, for a reason named {category:?}")
        }
        (None, None) => "The model declined to answer".to_owned(),
    };
    ProviderError {
        code: Some(told("category").unwrap_or("refusal").to_owned()),
        ..ProviderError::new(ErrorKind::Refused, message)
    }
}
