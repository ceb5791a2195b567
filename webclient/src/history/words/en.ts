// Every word of the page of past calls in English; `zh.ts` has the same in Chinese, and the compiler holds them together.

export const en = {
  title: "Past calls",
  documentTitle: "Past calls – supervisor",
  loading: "Loading…",
  tryAgain: "Try again",
  notKnown: "Not known",

  period: {
    title: "Time",
    days: (days: number) => (days === 1 ? "Last 24 hours" : `Last ${days} days`),
    all: "All that is kept",
  },

  calls: {
    which: "Which calls",
    title: "Calls that have ended",
    none: "No call has ended in this time that fits. Calls appear here as soon as they end.",
    more: "Show more",
    all: "All",
    choose: { intent: "Intent", outcome: "Outcome", domain: "Domain", language: "Language" },
    columns: { when: "When", lasted: "Lasted", about: "About", outcome: "Outcome", score: "Score", drawn: "To draw" },
    damaged: "Damaged",
    takenOver: "Taken over",
    score: (score: number) => `${score} of 5`,
    notResolved: "Not resolved",
    faceAndHands: "Face and hands",
  },

  search: {
    field: "Search what was said and what happened",
    example: "kettle, thumbs up, 退款 …",
    search: "Search",
    found: (words: string) => `Found for “${words}”`,
    close: "Back to all calls",
    stop: "Stop",
    older: "Search older calls",
    cutOff: "The search was cut off. Search again.",
    places: (places: number) => (places === 0 ? "Nothing found" : places === 1 ? "1 place found" : `${places} places found`),
    soFar: (places: string, calls: number) => `${places} so far, ${calls} calls searched…`,
    done: (places: string, calls: number) => `${places} in ${calls === 1 ? "1 call" : `${calls} calls`}. Who searches is written down.`,
    damaged: (calls: number) => (calls === 1 ? "1 damaged call could not be searched." : `${calls} damaged calls could not be searched.`),
    stopped: (places: string) => `${places}; the search was stopped.`,
  },

  call: {
    loading: "Loading the call…",
    back: "Back to all calls",
    all: "All calls",
    heading: (when: string, length: string) => `${when}, ${length}`,
    call: (call: string) => `Call ${call}`,
    takenOver: "A person took over",
    score: (score: number) => `Customer’s score ${score} of 5`,
    resolved: ", resolved",
    notResolved: ", not resolved",
    replay: "Replay",
    agreed: "What the customer agreed to",
    nothing: "Nothing",
    consentGone: "The record of it has been kept long enough and is deleted.",
    notDrawn: {
      not_agreed:
        "The customer did not agree that points of face and hands are kept, so there is nothing to draw. Everything else of the call is below.",
      taken_back: "The customer agreed that points of face and hands are kept, and took it back: they were deleted at once.",
      gone: "No points of face or hands are left to draw: they are deleted after a few days, or nobody was seen.",
    },
  },

  stage: {
    loading: "Loading",
    nobody: "Nobody was seen just then",
    drawn: (parts: string) => `Drawn: ${parts}`,
    and: " and ",
    part: { face: "a face", left: "a left hand", right: "a right hand" },
    caption: "Drawn from points: no picture was kept. Left and right are as the camera saw them.",
  },

  player: {
    play: "Play",
    pause: "Pause",
    place: "Place in the call",
    at: (at: string, length: string) => `${at} of ${length}`,
    speed: "Speed",
    keys: "Keys: space plays and pauses, arrows go 5 s, comma and full stop change the speed.",
  },

  timeline: {
    title: "Timeline",
    closer: "Closer",
    wider: "Wider",
    empty: "How the customer felt is not known of this call: it was not agreed to, or has been kept long enough.",
    valence: "Valence",
    arousal: "Arousal",
    frustration: "Frustration",
    speaks: "Customer speaks",
    events: "Something happened",
    read: (emotion: string, valence: string, arousal: string) => `${emotion}, valence ${valence}, arousal ${arousal}`,
    frustrated: (value: string) => `, frustration ${value}`,
    unknown: "feeling unknown",
  },

  transcript: {
    title: "What was said",
    events: "Events",
    nothing: "Nothing was said, or it has been kept long enough and is deleted.",
    typed: "typed",
    because: "Because: ",
    yesTo: (purpose: string) => `yes to ${purpose}`,
    noTo: (purpose: string) => `no to ${purpose}`,
  },

  labels: {
    title: "Was it read rightly?",
    learns: "Labels measure how well the agent reads. This customer agreed that it also learns from them.",
    measures:
      "Labels measure how well the agent reads. Nothing is learnt from this call, as its customer did not agree to that.",
    nothing: (at: string) => `The agent read nothing at ${at}. Go to a moment of the call: a line leads there.`,
    keptRight: (kind: string, name: string) => `Kept: ${kind} “${name}” was right.`,
    keptWrong: (kind: string, name: string) => `Kept: ${kind} “${name}” was wrong.`,
    ofCall: "Labels of this call",
    right: (kind: string, name: string) => `${kind} ${name}: right`,
    wrong: (kind: string, name: string) => `${kind} ${name}: wrong`,
    corrected: (kind: string, name: string, right: string) => `${kind} ${name}: wrong, it was ${right}`,
    at: (kind: string, at: string) => `${kind} at ${at}`,
    saysRight: "Right",
    saysWrong: "Wrong",
    itWas: "It was",
    cannotTell: "I cannot tell",
    save: "Save",
  },

  trends: {
    what: "What is compared",
    by: "By",
    groupings: { day: "Day", intent: "Intent", domain: "Domain", outcome: "Outcome", language: "Language" },
    none: "No call has ended in this time.",
    calls: "Calls",
    handed: "Handed to a person",
    scores: "Score, 1 to 5",
    change: "Valence, from beginning to end of call",
    noGroup: "Not known of any group.",
    n: (calls: number) => `n ${calls}`,
    withN: (value: string, n: string) => `${value}, ${n}`,
    all: "All figures",
    lasted: "Lasted",
    resolved: "Resolved",
    score: "Score",
    predicted: "Predicted score",
    changed: "Valence change",
    allCalls: "All calls",
    tooFew: "too few people",
    notes: {
      interval: "In brackets: the range in which the figure lies with 95 %. n: how many calls tell it.",
      valence: (people: number) =>
        `Valence is estimated from −1 to +1, a proxy and no measurement. Its figures are shown for ${people} people or more; where only one group would be hidden, the next smallest is, too.`,
      noPrediction: (n: number, least: number) =>
        `No score is predicted: ${n} of the ${least} scores that it needs have been given in this time.`,
      prediction: (n: number, error: string, ofMean: string) =>
        `Predicted scores are learnt from ${n} given ones. They miss by ${error} points on average; always saying the mean misses by ${ofMean}.`,
      worthless: (n: number, error: string, ofMean: string) =>
        `Predicted scores are learnt from ${n} given ones. They miss by ${error} points on average; always saying the mean misses by ${ofMean}, so they are worth nothing here.`,
      without: (calls: number) =>
        `Of ${calls} calls it is not known what they were about or how they felt: not yet, or not any more.`,
      cut: "There were more calls than can be compared at once: these are the newest.",
    },
  },

  faults: {
    unknownAnswer: "The agent answered something that this page does not know. Reload it.",
    cannotDraw: "What was kept of this moment cannot be drawn.",
    unreachable: "The agent cannot be reached. Look at your connection, then try again.",
    signedOut: "You are not signed in any more. Reload this page.",
    forbidden: "Past calls are for supervisors; your account is of another role.",
    gone: "Nothing is kept of this call any more.",
    failed: "The agent could not answer. Try again.",
  },

  /** A share in percent, with the interval in which it lies. */
  share: (value: number, low: number, high: number) => `${value} % (${low}–${high} %)`,
  mean: (value: string, low: string, high: string) => `${value} (${low}–${high})`,
  change: (value: string, low: string, high: string) => `${value} (${low} to ${high})`,
  minutes: (clock: string) => `${clock} min`,
};

export type Words = typeof en;
