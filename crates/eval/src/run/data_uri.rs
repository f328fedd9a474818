//! The `data:` URIs of embedded pictures and audio.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Encodes bytes as a `data:` URI.
pub(super) fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}
