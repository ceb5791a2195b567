// What the page on speech recognition says, in English and Chinese.
import { type Language, language } from "../ui/language";

const ENGLISH = {
  /** Of `<html lang>`. */
  tag: "en",
  about: "Speech recognition",
  title: "Transcribe a recording",
  before: "The same speech recognition that calls use, behind ",
  after: ". Calls come first.",
  key: "API key",
  keyHelp: "Not stored: it is gone when you close or reload this page.",
  language: "Language",
  languageUsual: "as the server is set",
  form: "Answer as",
  forms: { text: "Text", srt: "SubRip (srt)", vtt: "WebVTT", verbose_json: "JSON" },
  recording: "Recording",
  readFile: "Transcribe file",
  record: "Record",
  stop: "Stop and transcribe",
  cancel: "Cancel",
  reading: "Reading…",
  isRecording: "Recording…",
  needsKey: "Type a key first.",
  noWords: "No words were heard.",
  noMicrophone: "The microphone cannot be used. Allow it in your browser, or choose a file.",
  unreachable: "The server cannot be reached. Is it running?",
  refused: (status: number) => `The server refused the recording (${status}).`,
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  tag: "zh-Hans",
  about: "语音识别",
  title: "转写录音",
  before: "与通话使用相同的语音识别，接口为 ",
  after: "。通话优先处理。",
  key: "API 密钥",
  keyHelp: "不会保存：关闭或刷新页面后即消失。",
  language: "语言",
  languageUsual: "按服务器设置",
  form: "结果格式",
  forms: { text: "纯文本", srt: "SubRip 字幕（srt）", vtt: "WebVTT 字幕", verbose_json: "JSON 数据" },
  recording: "录音文件",
  readFile: "转写文件",
  record: "开始录音",
  stop: "停止并转写",
  cancel: "取消",
  reading: "正在识别…",
  isRecording: "正在录音…",
  needsKey: "请先输入密钥。",
  noWords: "没有听到说话的内容。",
  noMicrophone: "麦克风用不了。请在浏览器中允许使用，或选择一个文件。",
  unreachable: "无法连接到服务器。它在运行吗？",
  refused: (status) => `服务器拒绝了这段录音（${status}）。`,
};

export const LANGUAGES: Readonly<Record<Language, Words>> = { en: ENGLISH, zh: CHINESE };
export const words = LANGUAGES[language];
