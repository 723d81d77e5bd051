/** A text without the user and password that an address in it may carry. */
export function mask(text: string): string {
  return text.replaceAll(/:\/\/[^/@\s]+@/g, "://***@");
}
