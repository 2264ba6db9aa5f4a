//! The places of lanes and pools. A place goes to another one once its lane or pool is gone.

pub(super) type LaneId = u32;

pub(super) type PoolId = u32;
