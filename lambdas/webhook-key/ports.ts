/** Which of a tenant's keys sign. Times are ISO 8601 in UTC. */
export interface KeyGenerations {
  /** The current key's. A tenant that never rotated its key is in generation 1. */
  generation: number;
  /** When the current key replaced the one before; null in generation 1. */
  rotate_time: string | null;
  /** Until when the key before signs too; null where only the current one signs. */
  previous_until: string | null;
}

/** Replace the key of one generation by the next. */
export interface Rotation {
  tenant: string;
  /** The generation to replace: a request that is sent twice rotates once. */
  generation: number;
  /** How long the replaced key goes on signing beside the new one. */
  overlapSeconds: number;
}

/** The generation of each tenant's key. */
export interface KeyStore {
  read(tenant: string): Promise<KeyGenerations>;
  /**
   * Replaces the current key where it is of the generation to replace. Where that has been replaced by the next one already, its
   * overlap is shortened if that would end it earlier, and never extended. In both cases `applied` is true; otherwise nothing changes.
   */
  rotate(rotation: Rotation): Promise<{ keys: KeyGenerations; applied: boolean }>;
}
