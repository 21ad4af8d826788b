/** Everything belongs to one tenant until requests carry one. */
export const TENANT = 'default';
