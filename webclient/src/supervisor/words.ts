// The words of the supervisors' page in the language of the page.
import { language } from "../ui/language";
import { en, type Words } from "./words/en";
import { zh } from "./words/zh";

export const words: Words = { en, zh }[language];
