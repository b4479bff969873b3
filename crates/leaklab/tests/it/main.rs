//! The real programs, started and watched from outside: engine, twins, driver.

mod fixture;

mod contract;
mod service;
mod lessons;
mod command_line;
mod faults;
