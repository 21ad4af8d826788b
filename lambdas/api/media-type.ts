/** A media type of RFC 9110 with its parameters, as far as it can stand in a header of S3's. */
export const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *; *[\w-]+=("[ !#-[\]-~]*"|[\w!#$&^.+-]+))*$/;
