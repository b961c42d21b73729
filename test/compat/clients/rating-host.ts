/**
 * Rates an uploaded picture as the image hosts with a RATINGAPI setting do (functions/upload.js of Telegraph-Image and its
 * like): `?url=` and the picture's URL behind whatever the setting holds; -1 where no rating comes back.
 */
export async function ratePicture(ratingApi: string, pictureUrl: string): Promise<number> {
  try {
    const response = await fetch(`${ratingApi}?url=${pictureUrl}`);
    const answer = (await response.json()) as { readonly rating_index?: number };
    return Object.hasOwn(answer, "rating_index") ? (answer.rating_index ?? -1) : -1;
  } catch {
    return -1;
  }
}
