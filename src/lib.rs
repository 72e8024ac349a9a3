//! kprstat
