//! Has no code: its manifest holds the features that all commands share.
