/** The categories of both categorizers in the languages that have their words here; codes as the vendor writes them. */
const WORDS = {
  en: { safe: "safe", underwear: "underwear", nsfw: "nsfw", suggestive: "suggestive", explicit: "explicit" },
  bg: {
    safe: "безопасно",
    underwear: "бельо",
    nsfw: "неподходящо за работа",
    suggestive: "предизвикателно",
    explicit: "експлицитно",
  },
  de: {
    safe: "sicher",
    underwear: "Unterwäsche",
    nsfw: "nicht jugendfrei",
    suggestive: "freizügig",
    explicit: "explizit",
  },
  es: {
    safe: "seguro",
    underwear: "ropa interior",
    nsfw: "contenido para adultos",
    suggestive: "sugerente",
    explicit: "explícito",
  },
  fr: {
    safe: "sûr",
    underwear: "sous-vêtements",
    nsfw: "contenu pour adultes",
    suggestive: "suggestif",
    explicit: "explicite",
  },
  it: {
    safe: "sicuro",
    underwear: "biancheria intima",
    nsfw: "contenuto per adulti",
    suggestive: "allusivo",
    explicit: "esplicito",
  },
  nl: {
    safe: "veilig",
    underwear: "ondergoed",
    nsfw: "ongeschikt voor werk",
    suggestive: "suggestief",
    explicit: "expliciet",
  },
  pt: {
    safe: "seguro",
    underwear: "roupa íntima",
    nsfw: "conteúdo adulto",
    suggestive: "sugestivo",
    explicit: "explícito",
  },
} as const;

export type CategoryName = keyof (typeof WORDS)["en"];

/** A category's name by language, in the order asked for. */
export type TranslatedName = Readonly<Record<string, string>>;

/** In a language without words here a category has its English one: clients look for the code that they asked for. */
export function translate(name: CategoryName, languages: readonly string[]): TranslatedName {
  return Object.fromEntries(languages.map((language) => [language, wordsOf(language)[name]]));
}

function wordsOf(language: string): Readonly<Record<CategoryName, string>> {
  return Object.hasOwn(WORDS, language) ? WORDS[language as keyof typeof WORDS] : WORDS.en;
}
