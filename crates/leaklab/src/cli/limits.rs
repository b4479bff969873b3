//! Arguments about the memory of the services that a command starts.

use crate::failure::Failure;
use crate::output::{Keep, say};
use anyhow::Error;
use clap::Args;
use limit::{By, Bytes, Limit};

/// A limit for each service.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct MemoryLimit {
    /// Memory that a service may have, as 128MiB
    #[arg(long, value_name = "SIZE")]
    pub memory_limit: Option<Bytes>,
    /// Who enforces it: auto, kernel or allocator
    #[arg(
        long,
        value_name = "WHO",
        default_value = "auto",
        requires = "memory_limit"
    )]
    pub limit_by: By,
}

impl MemoryLimit {
    /// Who ends a service, in words.
    pub fn who(self) -> &'static str {
        match (self.memory_limit, self.limit_by) {
            (None, _) => "Leaklab",
            (_, By::Allocator) => "its allocator",
            _ => "the kernel",
        }
    }

    /// A limit for one service that is about to start.
    ///
    /// # Errors
    /// The kernel is wanted and cannot enforce it.
    pub fn limit(self) -> anyhow::Result<Option<Limit>> {
        let limit = self.memory_limit.map(|bytes| Limit::new(bytes, self.limit_by));
        limit.transpose().map_err(Error::new)
    }

    /// Prints which limit is in force, if there is one.
    ///
    /// # Errors
    /// As for [`MemoryLimit::limit`].
    pub fn announce(self) -> Result<(), Failure> {
        if let Some(limit) = self.limit()? {
            say(&limit.to_string(), Keep::Nothing);
        }
        Ok(())
    }
}
