/** Decides how many visitors may be inside. Adaptive policies plug in here. */
export interface AdmissionPolicy {
  /** Most visitors inside, now. */
  readonly cap: number;
}

export class FixedCap implements AdmissionPolicy {
  constructor(readonly cap: number) {}
}
