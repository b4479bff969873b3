//! The fault proxy in front of the real engine, and of servers that behave oddly.

mod wire;

mod passing;
mod ends;
mod spoiling;
mod sdk;
