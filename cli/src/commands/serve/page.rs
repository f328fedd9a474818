//! The page and the description of the interface.

/// The page: one file without anything from elsewhere.
pub(super) const PAGE: &str = include_str!("page.html");

/// The description of the routes for programs.
pub(super) const OPENAPI: &str = include_str!("openapi.json");
