"""The sentence that opens the agent's first reply, per language."""

DISCLOSURE = {
    "en": "You are talking to our automated assistant; just ask if you would like to speak to a person at any time.",
    "de": "Hier antwortet unser automatischer Assistent; Sie können jederzeit darum bitten, mit einem Menschen zu sprechen.",
    "fr": "C'est notre assistant automatique qui vous répond ; vous pouvez demander à parler à une personne à tout moment.",
    "es": "Le responde nuestro asistente automático; puede pedir hablar con una persona en cualquier momento.",
    "it": "Le risponde il nostro assistente automatico; può chiedere di parlare con una persona in qualsiasi momento.",
    "nl": "U krijgt antwoord van onze automatische assistent; u kunt op elk moment om een medewerker vragen.",
    "sv": "Det är vår automatiska assistent som svarar; du kan när som helst be att få prata med en människa.",
    "pl": "Odpowiada nasz automatyczny asystent; w każdej chwili można poprosić o rozmowę z człowiekiem.",
    "pt": "Quem responde é o nosso assistente automático; pode pedir para falar com uma pessoa a qualquer momento.",
}
