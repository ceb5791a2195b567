// Every word of the customer's page in English; `zh.ts` has the same in Chinese, and the compiler holds them together.

const number = new Intl.NumberFormat("en");

/** So much of a unit, such as "3 minutes". */
function amount(value: number, unit: "second" | "minute"): string {
  return new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "long" }).format(value);
}

export const en = {
  /** Of `<html lang>`. */
  tag: "en",
  /** What the language calls itself. */
  name: "English",

  page: {
    title: "Customer support call",
    business: "Customer support",
    language: "Language",
    wentWrong: "Something went wrong. Please try again.",
  },

  /** How long, in words. */
  wait: (seconds: number) => (seconds < 90 ? amount(Math.ceil(seconds), "second") : amount(Math.ceil(seconds / 60), "minute")),
  aMoment: "a moment",
  number: (value: number) => number.format(value),
  /** One sentence after another. */
  sentences: (...said: string[]) => said.join(" "),

  notice: {
    loading: "One moment…",
    tryAgain: "Try again",
    keptLink: "What is kept of you, and for how long",
  },

  /** The page that tells what is kept and for how long. */
  privacy: {
    title: "What is analysed and kept",
    toCall: "To the call",
    loading: "One moment…",
    failed: "This could not be loaded. Please try again.",
    yoursText:
      "When the call has ended, its last page lets you download or delete what was kept of it. If you came by a link of the website, that page shows all that is kept of you.",
  },

  /** What the browser lacks. */
  missing: {
    title: "This browser cannot make the call",
    insecure:
      "This page was opened over a connection that is not secure (http). Browsers give no camera or microphone to such a page. Open the address with https:// instead.",
    connection:
      "It has no WebRTC, which carries sound and picture of a call. It may be switched off by a setting, an extension or your organisation. Current versions of Chrome, Edge, Firefox and Safari have it.",
    devices: "It gives no camera and no microphone to this page. You can still make the call and write to the agent.",
    sound: "It cannot play the sound of a call here. Answers appear in writing.",
    writing: "You can go on in writing.",
  },

  check: {
    title: "Ready to call?",
    camera: "Camera",
    microphone: "Microphone",
    speaker: "Speaker",
    noCamera: "No camera",
    noMicrophone: "No microphone, I will write",
    usual: "Default",
    numbered: (device: string, at: number) => `${device} ${number.format(at)}`,
    level: "Microphone level",
    sayWord: "Say a word: the bar moves when you are heard.",
    heard: "We can hear you.",
    ownPicture: "Your camera, as only you see it",
    cameraOff: "Camera off",
    awaiting: "Waiting for your browser's permission…",
    testSpeaker: "Play a test sound",
    playing: "Playing…",
    didYouHear: "Did you hear it?",
    yes: "Yes",
    no: "No",
    soundGood: "Good. That is how you will hear the agent.",
    soundHelp:
      "Turn up the volume, check that nothing is muted and that the right headphones or speakers are chosen, then play it again. What the agent says is also shown in writing.",
    soundFailed: "The sound could not be played. What the agent says is also shown in writing.",
    connecting: "Connecting…",
    settingUp: "Setting up the call…",
    onlyYou: "Only you see this picture. It is sent once you start the call.",
    start: "Start call",
    startWithoutCamera: "Start call without camera",
    startInWriting: "Start, in writing",
    tryAgain: "Try again",
    back: "Back",
  },

  devices: {
    none: "This browser gives no camera or microphone to this page. You can still chat in writing.",
    inWriting: "You can go on in writing.",
    byVoice: "You can go on with your voice alone.",
    blocked: {
      camera: "The camera is blocked. Allow it in the browser's address bar and press “Try again”.",
      microphone: "The microphone is blocked. Allow it in the browser's address bar and press “Try again”.",
      both: "Camera and microphone are blocked. Allow them in the browser's address bar and press “Try again”.",
    },
    notFound: {
      camera: "The camera is not to be found. Plug one in, or turn it on, and press “Try again”.",
      microphone: "The microphone is not to be found. Plug one in, or turn it on, and press “Try again”.",
      both: "Camera and microphone are not to be found. Plug them in, or turn them on, and press “Try again”.",
    },
    busy: {
      camera: "The camera is in use by another program, or not responding. Close that program and press “Try again”.",
      microphone: "The microphone is in use by another program, or not responding. Close that program and press “Try again”.",
      both: "Camera and microphone are in use by another program, or not responding. Close that program and press “Try again”.",
    },
    failed: {
      camera: "The camera could not be opened.",
      microphone: "The microphone could not be opened.",
      both: "Camera and microphone could not be opened.",
    },
    silenced: {
      camera:
        "The camera brings nothing. The system or another program may have turned it off; it goes on by itself once it is back.",
      microphone:
        "The microphone brings nothing. The system or another program may have turned it off; it goes on by itself once it is back.",
    },
    unplugged: {
      camera: "The camera was unplugged or taken away. You can still talk.",
      microphone: "The microphone was unplugged or taken away. You can still write.",
    },
  },

  waiting: {
    title: "All lines are busy",
    next: "You are the next in line.",
    position: (position: number) => `You are number ${number.format(position)} in line.`,
    estimate: (seconds: number) =>
      seconds < 60 ? "Probably less than a minute." : `Probably about ${amount(Math.round(seconds / 60), "minute")}.`,
    keepOpen: "Keep this page open. The call begins by itself when it is your turn; nothing is sent before.",
    leave: "Leave the line",
  },

  analysis: {
    on: "Emotion analysis on",
    off: "No emotion analysis",
    now: "Analysed now",
    paused: " – paused, the device is off",
    nothing: "nothing but what you write",
    stop: "Stop emotion analysis",
    allow: "Allow emotion analysis",
    refused: "That is not possible right now. The call goes on without it.",
    stopping: "Stopping takes effect at once and costs you nothing of the service.",
    without: "You get the same service without it.",
  },

  /** What is said of the recording of picture and sound, where the customer agreed to one. */
  recording: {
    on: "Being recorded",
    off: "Recording interrupted",
    what: "Your picture and your sound are being recorded. The agent and our staff are not.",
    broken: "The recording ended before the call did. If anything of it was kept, you can delete it here.",
    stop: "Stop and delete the recording",
    stopping: "What was recorded of this call is deleted at once. You get the same service without it.",
    stopped: "The recording was stopped and deleted. The call goes on without it.",
  },

  left: {
    title: "Goodbye",
    text: "No call was made. Your camera and microphone were not used, and nothing about you was analysed or kept.",
    back: "Back to the notice",
  },

  ended: {
    devicesOff: "Your camera and microphone are off.",
    callAgain: "Call again",
    changeChoice: "Change what may be analysed",
    usual: { title: "The call has ended", text: "Thank you for calling." },
    /** By `agent.core.lifecycle.EndReason`. */
    reasons: {
      customer_left: { title: "You ended the call", text: "Thank you for calling." },
      agent_finished: { title: "The call has ended", text: "Thank you for calling." },
      staff_ended: { title: "The call has ended", text: "A member of staff ended it. Thank you for calling." },
      connection_failed: {
        title: "The connection was lost",
        text: "Your network or ours broke off. Please check your connection and call again.",
      },
      media_stopped: {
        title: "The connection was lost",
        text: "No sound or picture reached us for a while, so the call was ended.",
      },
      never_connected: {
        title: "The call did not connect",
        text: "No sound or picture reached us. A firewall may be in the way; another network may help.",
      },
      not_consented: { title: "The call was not started", text: "You did not agree to what the call needs." },
      not_resumed: {
        title: "The call could not be taken up again",
        text: "It ended while the connection was away, or the service was restarted. You can call again; a new call does not know what was said in this one.",
      },
      server_stopped: {
        title: "The service was restarted",
        text: "This was not your doing. You can call again at once; a new call does not know what was said in this one.",
      },
      internal_error: {
        title: "Something went wrong on our side",
        text: "This was not your doing. Please call again.",
      },
    },
  },

  survey: {
    title: "How was the call?",
    optional: "It takes a moment, and you may leave it out.",
    score: "How satisfied are you?",
    scores: ["Very dissatisfied", "Dissatisfied", "Neither", "Satisfied", "Very satisfied"],
    resolved: "Was your request settled?",
    yes: "Yes",
    no: "No",
    words: "Anything you want to tell us (optional)",
    wordsHint: "Please write no card numbers or passwords.",
    send: "Send",
    sending: "Sending…",
    skip: "Skip",
    thanks: "Thank you. Your answer helps us to do better.",
    skipped: "That is fine. Thank you for calling.",
    pickScore: "Please choose from 1 to 5, or press “Skip”.",
    failed: "Your answer could not be sent. Please try again.",
    tooLate: "Your answer came too late to be taken. Thank you all the same.",
  },

  ownData: {
    title: "Your data",
    ofCall: (until: string) => `Here you can have, or delete, what was kept of this call, until ${until}.`,
    ofCustomer: "Here you can have, or delete, everything that is kept of you, from this call and earlier ones.",
    download: "Download my data",
    downloading: "Getting it ready…",
    downloaded: "The file was saved with your downloads.",
    erase: "Delete my data",
    sure: "Delete it for good?",
    sureCall: "The words of this call, its recording if there is one, what was read from it and what you agreed to are deleted. This cannot be undone.",
    sureCustomer:
      "The words of all your calls, their recordings if there are any, what was read from them and what you agreed to are deleted, and what the agent remembers of you. Orders and appointments with the business stay. This cannot be undone.",
    eraseNow: "Yes, delete it",
    keep: "Keep it",
    erasing: "Deleting…",
    erased: "Your data was deleted.",
    certificate: "Save the signed confirmation",
    nothing: "Nothing is kept of this call.",
    tooLate: "The time for this is over. Please ask the business, whose address is in “What is kept of you”.",
    failed: "That did not work just now. Please try again in a moment.",
    noLink: "Your link has run out, so nothing was done.",
    callInstead: "What follows is about this call alone. For all that is kept of you, please open a new link from the website.",
    tooMany: "That was asked very often. Please try again in a minute.",
  },

  /** What the line to the agent has to say: refusals, faults, and links that open no call. */
  line: {
    noticeFailed: "The notice could not be loaded. Please try again.",
    unreachable: "The service cannot be reached. Check your connection and try again.",
    noticeChanged: "The notice has changed since you read it. Please read it again.",
    tooMany: (when: string) => `Many calls come from your network just now. Please try again in ${when}.`,
    busy: (when: string) => `All lines are busy. Please try again in ${when}.`,
    refused: (status: number) => `The call was not accepted (${status}). Please try again later.`,
    elsewhere: "You are on a call in another tab. Please end that one first.",
    noMedia: "No connection for sound and picture could be made. A firewall may be in the way.",
    stopped: "The service stopped answering while the call was set up.",
    notTaken: (status: number) => `The agent could not take the call (${status}). Please try again.`,
    unsteady: "The connection is unsteady. Trying to get it back…",
    reconnecting: "Reconnecting…",
    kept: "Your call is kept. Nothing that was said is lost.",
    returningTitle: "Back to your call",
    returning: "Reconnecting… Your browser may ask for camera and microphone again.",
    leaveCall: "Leave the call",
    awaitingService: "The service is being restarted. The call begins by itself once it is back.",
    links: {
      expired: "Your link has run out. Please get a new one where you found it.",
      used: "Your link was used already; it is good for one call. Please get a new one where you found it.",
      needed: "To call, you need a link. Please sign in at the website that brought you here, and start the call from there.",
      invalid: "Your link is not complete or not right. Please open it again, or get a new one where you found it.",
    },
    asGuest: "Or start the call as a guest.",
  },

  room: {
    heading: "Call with the support agent",
    agent: "Support agent",
    staff: "Member of staff",
    you: "You",
    cameraOff: "Camera off",
    length: "Length of the call",
    controls: "Call controls",
    useMicrophone: "Use microphone",
    mute: "Mute",
    unmute: "Unmute",
    stopCamera: "Stop camera",
    startCamera: "Start camera",
    hideCaptions: "Hide captions",
    showCaptions: "Show captions",
    endCall: "End call",
    askPerson: "Ask for a person",
    askPersonSay: "I would like to speak to a person, please.",
    pressToHear: "Press to hear the agent",
    unvoiced: (language: string) =>
      `Neither the agent nor this browser can speak ${language}. Answers appear in writing.`,
    onlyHeard: (heard: string, yours: string) =>
      `In this call the agent understands ${heard} only, not ${yours}. Please speak or write ${heard}.`,
    states: {
      connecting: "Connecting…",
      held: "On hold. Someone will be with you.",
      takenOver: "A member of staff is on the call",
      ended: "Call ended",
      speaking: "Speaking",
      thinking: "Thinking…",
      listening: "Listening",
    },
  },

  chat: {
    conversation: "Conversation",
    said: "What was said",
    empty: "What is said appears here.",
    captionsHidden: "Captions are hidden.",
    speakers: { agent: "Agent", customer: "You", staff: "Staff" },
    because: (reasons: string) => `Because of: ${reasons}`,
    write: "Write to the agent",
    placeholder: "Write a message",
    send: "Send",
    unsent: "That could not be sent just now. Please try again.",
    tooLong: (most: number, length: number) =>
      `A message may have ${number.format(most)} characters; this one has ${number.format(length)}. Please make it shorter, or send it in parts.`,
    left: (characters: number) => (characters === 1 ? "1 character left" : `${number.format(characters)} characters left`),
    picture: "Send a picture",
    pictureAlt: "A picture that you sent",
    pictureReady: "Send this picture?",
    pictureSeen: "Staff on this call can see it. It is deleted when the call ends.",
    pictureSend: "Send picture",
    pictureDrop: "Do not send",
    pictureReading: "Opening the picture…",
    pictureSending: "Sending the picture…",
    note: "Record a voice note",
    noteRecording: (time: string) => `Recording, ${time}`,
    noteSend: "Send voice note",
    noteDrop: "Discard voice note",
    noteSending: "Listening to your voice note…",
    failures: {
      notAPicture: "This cannot be shown as a picture. Please send a photo as JPEG, PNG or WebP.",
      tooLarge: "This is too large to be sent. Please send something smaller or shorter.",
      tooOften: "That was a lot at once. Please wait a few seconds and try again.",
      noWords: "No words could be heard in it. Please speak closer to the microphone, or write.",
      noMicrophone: "The microphone cannot be used. Please allow it in your browser, or write.",
      unreachable: "The service cannot be reached. Check your connection and try again.",
      over: "The call is over.",
      unsent: "That could not be sent just now. Please try again.",
    },
  },

  cards: {
    list: "Cards",
    fresh: (title: string) => `New card: ${title}`,
    close: (title: string) => `Close ${title}`,
    table: (title: string) => `Table: ${title}`,
    copy: "Copy",
    copyThis: (reference: string) => `Copy ${reference}`,
    copied: "Copied",
    about: (label: string, item: string) => `${label}, ${item}`,
    source: "Source:",
  },
};

/** What a language must have words for. */
export type Words = typeof en;
